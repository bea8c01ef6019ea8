/* A ..._CMD that prints the key. It runs as in Airflow: split like shlex, without a shell. fernit adds a deadline, a
 * limit to the output, and a check for commands that only read fernit's own store. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/command.h"
#include "base/secret.h"
#include "base/signals.h"

struct error;
struct managed;

enum key_command_result {
    KEY_COMMAND_RAN, /* status 0; its output is in *output */
    KEY_COMMAND_OWN_STORE, /* `fernit key print` or `cat <store>/NAME`: the store itself, another source */
    KEY_COMMAND_NOT_RUN, /* may_run was false */
    KEY_COMMAND_FAILED,  /* *err */
};

struct key_command {
    const char *text;
    char *const *environment; /* the command gets it, with KEY_COMMAND_MARK (base/command.h) */
    const char *store_path;
    const struct managed *secret;
    int64_t timeout; /* milliseconds */
    const struct signals *signals;
    bool may_run;
};

/* Runs it and puts its output, at most 64 KiB, into *output. Errors: ERROR_INPUT (cannot be split, command_output's),
 * ERROR_ENDING, ERROR_SYSTEM. */
enum key_command_result key_command_run(const struct key_command *command, struct secret *output,
                                        struct error *err);
