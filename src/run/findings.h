/* Everything that a start finds: the store, airflow.cfg, and for each secret its sources and the decision. run, init,
 * status and the key commands begin with it. */
#pragma once

#include "resolve/decide.h"
#include "resolve/survey.h"
#include "run/context.h"
#include "store/store.h"

struct error;

/* One secret: what was found, and what was decided. */
struct item {
    const struct managed *secret;
    struct survey survey;
    struct decision decision;
    struct ring unkept;          /* created for this process alone, where no store can keep it */
    const struct ring *delivers; /* what Airflow gets, one of the rings here; NULL: nothing */
    bool is_kept; /* this start wrote it to the store; with context->pretends: would have */
};

struct findings {
    int airflow;              /* the version of the command's Airflow, or AIRFLOW_UNKNOWN */
    const char *airflow_from; /* where the version comes from, for messages */
    struct secret cfg_path;
    struct shared_cfg cfg;
    struct store store;
    struct error store_error;
    struct item items[MANAGED_COUNT];
    size_t count;
    bool no_mounts;
    struct store_file stored[MANAGED_COUNT]; /* the store's file of each secret */
    struct error stored_errors[MANAGED_COUNT];
};

/* Opens the store, reads airflow.cfg, and for each of `secrets` (bits: 1 << index in managed_secrets) surveys all
 * sources and decides. Writes nothing.
 * Returns 0, or -1 as decide for the first secret that fails; where a survey could not be done; or with ERROR_REFUSED
 * where a key would be created although left_cfg may hold one. What was found so far is in *findings, for status. */
int findings_gather(const struct context *context, unsigned secrets, enum run_commands commands,
                    struct findings *findings, struct error *err);

/* Reads one secret's file in the store again, and decides anew. A change calls it with the store's lock held.
 * With context->pretends nothing is read: what was read before stands, and what would have been written.
 * Returns as findings_gather. */
int findings_reread(const struct context *context, struct findings *findings, struct item *item,
                    struct error *err);

/* The same for all secrets but those whose bit in `done` is set (1 << index in managed_secrets). Commands are not run
 * and files outside the store are not read a second time. */
int findings_reread_all(const struct context *context, struct findings *findings, unsigned done,
                        struct error *err);

/* Why a secret does not reach Airflow under a name: "Airflow 2.10.5 (AIRFLOW_VERSION) does not know it, and would
 * show it". */
enum { FINDINGS_WHY = 256 };
void findings_why_shown(const struct findings *findings, char text[FINDINGS_WHY]);

void findings_free(struct findings *findings);
#define _cleanup_findings_ _cleanup_(findings_free)
