/* Looking around and deciding: what run, init, status and the key commands begin with. */
#pragma once

#include <sys/types.h>

#include "base/signals.h"
#include "cli/settings.h"
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
    bool
        pretends; /* what a run would write is imagined (fernit status): the look goes on as if it had been written */
};

/* One secret: what was found of it and what was decided. */
struct lookup {
    const struct managed *secret;
    struct survey survey;
    struct decision decision;
    struct ring unkept; /* made for this process alone, since there is no place to keep it */
    bool is_kept;       /* with context->pretends: it would have been written to the store */
};

struct look {
    int airflow;              /* the version of the command's, or AIRFLOW_UNKNOWN */
    const char *airflow_from; /* what told it, for messages */
    struct secret cfg_path;
    struct shared_cfg cfg;
    struct store store;
    struct error store_error;
    struct lookup lookups[MANAGED_COUNT];
    size_t count;
    bool no_mounts;
    struct store_file stored[MANAGED_COUNT]; /* what was read of the store, one for each lookup */
    struct error stored_errors[MANAGED_COUNT];
};

/* Opens the store, reads airflow.cfg, and for each of `secrets` (bits: 1 << index in managed_secrets) surveys all
 * sources and decides. Writes nothing.
 * Returns 0, or -1 as decide does for the first that fails, or where a survey itself could not be made, or with
 * ERROR_REFUSED where a key would have to be made although left_cfg may hold one; what was found so far is
 * in *look, for status. */
int look_around(const struct context *context, unsigned secrets, enum run_commands commands,
                struct look *look, struct error *err);

/* With the store's lock held: reads one secret's file again, and decides anew. With context->pretends what was read
 * before stands, and what would have been written. As look_around. */
int look_again(const struct context *context, struct look *look, struct lookup *lookup,
               struct error *err);

/* Whether a run has to write to the store for this one: it has none yet, or its ring changes, and there is a store or one was
 * named. Pure. */
bool look_must_keep(const struct context *context, const struct look *look,
                    const struct lookup *lookup);

/* Why a name does not reach Airflow, for a message: "Airflow 2.10.5 (AIRFLOW_VERSION) does not know it, and would show it". */
enum { LOOK_SHOWS = 256 };
void look_shows(const struct look *look, char text[LOOK_SHOWS]);

void look_free(struct look *look);
#define _cleanup_look_ _cleanup_(look_free)
