/* What every command gets. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/signals.h"
#include "cli/settings.h"
#include "resolve/early.h"

/* All of it is borrowed and constant. */
struct context {
    const struct settings *settings;
    char *const *environment; /* fernit's own, with HOME, USER and LOGNAME of --user */
    const struct signals *signals;
    char **argv;          /* main's, with all words */
    int program;          /* of anew_open(), where fernit supervises the command; else -1 */
    pid_t parent;         /* the process that started fernit */
    struct early *early;  /* the mounted secrets that root read for --user; NULL: none */
    bool store_created;   /* root created the store's directory for --user */
    const char *left_cfg; /* an airflow.cfg where HOME led before --user; NULL: none */
    bool
        pretends; /* for fernit status: nothing is written, and the run goes on as if it had been */
};
