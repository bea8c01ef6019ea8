/* Everything that a start finds: the store, airflow.cfg, and for each secret its sources and the decision. run, init,
 * status and the key commands begin with it. */
#pragma once

#include "resolve/decide.h"
#include "resolve/survey.h"
#include "run/context.h"
#include "store/store.h"

struct error;

/* One secret: what was found, and what was decided. */
struct lookup {
    const struct managed *secret;
    struct survey survey;
    struct decision decision;
    struct ring unkept;          /* created for this process alone, where no store can keep it */
    const struct ring *delivers; /* what Airflow gets, one of the rings here; NULL: nothing */
    bool is_kept; /* with context->pretends: a run would have written it to the store */
};

struct look {
    int airflow;              /* the version of the command's Airflow, or AIRFLOW_UNKNOWN */
    const char *airflow_from; /* where the version comes from, for messages */
    struct secret cfg_path;
    struct cfg_look cfg;
    struct store store;
    struct error store_error;
    struct lookup lookups[MANAGED_COUNT];
    size_t count;
    bool no_mounts;
    struct store_file stored[MANAGED_COUNT]; /* the store's file of each secret */
    struct error stored_errors[MANAGED_COUNT];
};

/* Opens the store, reads airflow.cfg, and for each of `secrets` (bits: 1 << index in managed_secrets) surveys all
 * sources and decides. Writes nothing.
 * Returns 0, or -1 as decide for the first secret that fails; where a survey could not be done; or with ERROR_REFUSED
 * where a key would be created although left_cfg may hold one. What was found so far is in *look, for status. */
int look_around(const struct context *context, unsigned secrets, enum run_commands commands,
                struct look *look, struct error *err);

/* Reads one secret's file in the store again, and decides anew. A change calls it with the store's lock held.
 * With context->pretends nothing is read: what was read before stands, and what would have been written.
 * Returns as look_around. */
int look_again(const struct context *context, struct look *look, struct lookup *lookup,
               struct error *err);

/* The same for all secrets but those whose bit in `done` is set (1 << index in managed_secrets). Commands are not run
 * and files outside the store are not read a second time. */
int look_again_all(const struct context *context, struct look *look, unsigned done,
                   struct error *err);

/* Why a secret does not reach Airflow under a name: "Airflow 2.10.5 (AIRFLOW_VERSION) does not know it, and would
 * show it". */
enum { LOOK_SHOWS = 256 };
void look_shows(const struct look *look, char text[LOOK_SHOWS]);

void look_free(struct look *look);
#define _cleanup_look_ _cleanup_(look_free)
