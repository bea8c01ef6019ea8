/* Becoming the command: the last thing that fernit does without --init. */
#pragma once

#include "base/signals.h"

struct error;

enum {
    EXEC_NOT_RUNNABLE = 126, /* found, but it cannot be run */
    EXEC_NOT_FOUND = 127,
};

/* Releases the signals (see signals_release) and becomes argv in `environment`, looked up on the PATH
 * in there. Returns only if that failed: one of the above, and *err says why. */
int exec_command(char *const *argv, char *const *environment, const struct signals *signals,
                 struct error *err);

/* The command's name as a message may show it before it is found (base/shown.h): "FERNET_KEY=... airflow" is a mistake
 * that people make. What is spelled as programs are, in up to 31 small letters, is no key, and is shown. */
const char *exec_shown(const char *name);

/* The status for a command that could not be run, errno saying why as from search_exec, and *err for the person. */
int exec_failure(const char *command, struct error *err);

/* Whether the program, by its name, is made to run as PID 1: then no advice is needed. */
int exec_is_known_init(const char *program);
