/* A ..._CMD that prints the key, as Airflow runs it: split like shlex, no shell. With what Airflow
 * lacks: a deadline, a limit to its output, and an eye for commands that only lead back to us. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/command.h"
#include "base/secret.h"
#include "base/signals.h"

struct error;
struct managed;

enum key_command_result {
    KEY_COMMAND_RAN,       /* its output is there, status 0 */
    KEY_COMMAND_OWN_STORE, /* `fernit key print` or `cat <store>/NAME`: what we would read anyway */
    KEY_COMMAND_NOT_RUN,   /* may_run was false */
    KEY_COMMAND_FAILED,    /* *err */
};

struct key_command {
    const char *text;
    char *const *environment; /* what it gets, and KEY_COMMAND_MARK (base/command.h) */
    const char *store_path;
    const struct managed *secret;
    int64_t timeout; /* milliseconds */
    const struct signals *signals;
    bool may_run;
};

/* Runs it, at most 64 KiB of output. Errors: ERROR_INPUT (cannot be split, command_output's),
 * ERROR_ENDING, ERROR_SYSTEM. */
enum key_command_result key_command_run(const struct key_command *command, struct secret *output,
                                        struct error *err);
