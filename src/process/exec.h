/* Replacing fernit by the command: the last step of a start without --init. */
#pragma once

#include "base/signals.h"

struct error;

enum {
    EXEC_NOT_RUNNABLE = 126, /* found, but it cannot be run */
    EXEC_NOT_FOUND = 127,
};

/* Releases the signals (signals_release) and executes argv in `environment`, found on that environment's PATH.
 * Returns only if it failed: one of the above, with the reason in *err. */
int exec_command(char *const *argv, char *const *environment, const struct signals *signals,
                 struct error *err);

/* The command's name as a message may show it before it is found (base/shown.h). "FERNET_KEY=... airflow" is a
 * frequent mistake. A name of up to 31 letters that is spelled as programs are is no key, and is shown. */
const char *exec_shown(const char *name);

/* The exit status for a command that could not be run, and *err with the reason; errno is search_exec's. */
int exec_failure(const char *command, struct error *err);

/* Whether a program of this name is made to run as PID 1, so that no advice is needed. */
int exec_is_known_init(const char *program);
