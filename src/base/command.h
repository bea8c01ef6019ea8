/* Runs a command and reads its output, with a deadline: an airflow ..._CMD, later fernit's helpers.
 *
 * The command runs in its own process group, with the signal mask that fernit inherited. Standard input is
 * /dev/null, standard error is fernit's, standard output is read as a secret. A command is killed with its group,
 * and reaped, if it does not end in time, writes too much, or still runs when a signal asks fernit to end.
 */
#pragma once

#include <stddef.h>

#include "base/deadline.h"
#include "base/secret.h"

struct error;

/* The caller sets this variable for a key command. A fernit inside the command then runs no key command itself,
 * else the two would start each other without end. */
#define KEY_COMMAND_MARK "FERNIT_IN_COMMAND"

/* Runs argv and appends its output, at most `most` bytes, to *output. argv[0] is searched on the PATH in
 * `environment` (base/search.h).
 *
 * Returns 0 if the command ended with status 0 in time. Else -1: ERROR_INPUT (not found, not executable, another
 * status, a signal, too slow, too much output), ERROR_ENDING (a signal asked fernit to end), ERROR_SYSTEM. The
 * message has argv[0] alone, and only if base/shown.h allows it: arguments and output may be secret. */
int command_output(char *const *argv, char *const *environment, size_t most,
                   const struct deadline *deadline, struct secret *output, struct error *err);

/* The same for a function of this program, which runs in a child process with all signals blocked. Its output is
 * what it writes to the descriptor `output`, its status is its return value. For calls that have no timeout, such
 * as getaddrinfo(3). *output also has what the function wrote before it was killed. Returns as command_output
 * does; the message has no command's name in it. */
int command_function(int (*function)(const void *context, int output), const void *context,
                     size_t most, const struct deadline *deadline, struct secret *output,
                     struct error *err);
