/* A command whose output is wanted, with a deadline: an airflow ..._CMD, later fernit's helpers.
 *
 * It runs in a process group of its own with the mask that we inherited, standard input from
 * /dev/null, standard error as ours; its standard output comes back as a secret. A command that does
 * not end in time, writes too much, or is still running when a signal asks fernit to end, is killed
 * with its group and reaped.
 */
#pragma once

#include <stddef.h>

#include "base/deadline.h"
#include "base/secret.h"

struct error;

/* The variable that its caller sets for it: a fernit inside it runs no command of its own, else it would never end. */
#define KEY_COMMAND_MARK "FERNIT_IN_COMMAND"

/* Runs argv, argv[0] looked up as search_path does in `environment`, and puts what it writes, at
 * most `most` bytes, behind *output.
 *
 * Returns 0 if it ended with status 0 in time. Else -1: ERROR_INPUT says not found, not runnable,
 * its status or signal, too slow, too much; ERROR_ENDING that a signal came; ERROR_SYSTEM. The
 * message holds argv[0] alone, if it may be shown (base/shown.h): arguments and output may be secret. */
int command_output(char *const *argv, char *const *environment, size_t most,
                   const struct deadline *deadline, struct secret *output, struct error *err);

/* The same for a function of this program's own, in a process that has its memory and all signals held back: its output is
 * what it writes to the descriptor `output`, its status what it returns. For calls that cannot be given a deadline, such as
 * getaddrinfo(3). What it had written when it was killed is behind *output, too. Returns as above; the message begins with
 * what happened, since it has no name. */
int command_function(int (*function)(const void *context, int output), const void *context,
                     size_t most, const struct deadline *deadline, struct secret *output,
                     struct error *err);
