/* Looking around and deciding: what run, init, status and the key commands begin with. */
#pragma once

#include <sys/types.h>

#include "base/signals.h"
#include "entry/settings.h"
#include "resolve/decide.h"
#include "resolve/survey.h"
#include "store/store.h"

struct error;

/* What every command gets: borrowed, constant. */
struct context {
    const struct settings *settings;
    char *const *environment; /* as we were started with, but HOME, USER and LOGNAME of --user */
    const struct signals *signals;
    char **argv;          /* main's, with all words */
    int program;          /* anew_open(), where the command will be supervised; else -1 */
    pid_t parent;         /* who started us */
    struct early *early;  /* what root has read for --user; NULL: nobody has */
    bool store_made;      /* root has made the store's directory for --user: it was not there */
    const char *left_cfg; /* an airflow.cfg where HOME led before --user; NULL: none */
};

struct look {
    struct secret cfg_path;
    struct store store;
    struct survey survey;
    struct decision decision;
};

/* Opens the store, surveys all sources, decides. Writes nothing.
 * Returns 0, or -1 as decide does, or where the survey itself could not be made, or with ERROR_REFUSED
 * where a key would have to be made although left_cfg may hold one; what was found so far is in *look,
 * for status. */
int look_around(const struct context *context, enum run_commands commands, struct look *look,
                struct error *err);

void look_free(struct look *look);
#define _cleanup_look_ _cleanup_(look_free)
