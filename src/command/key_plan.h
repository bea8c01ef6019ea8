/* What a key command makes of the store. Pure: no file, no clock.
 *
 * A secret's keys are in three places: its ring, what is staged, and what is retired. A command takes one
 * of them from one place to another, and a plan says what is to be in each. It is carried out in the order
 * retire, ring, staged, retired (command/key_change.c), so that a crash leaves every key in one of them.
 */
#pragma once

#include <stdbool.h>

#include "airflow/managed.h"
#include "base/error.h"
#include "fernet/ring.h"
#include "resolve/sources.h"
#include "store/retired.h"

enum verb { VERB_PROMOTE, VERB_RETIRE, VERB_UNRETIRE, VERB_DESTROY };

/* What the store holds of one secret. */
struct stored_keys {
    const struct managed *secret;
    struct ring ring;
    struct ring staged;
    struct retired retired;
    const struct source *outside; /* outside the store, and counts in this environment; NULL: none */
    const char *options;        /* of the commands that errors suggest: cli/suggest.h */
    struct error error;         /* why it is not known; ERROR_NONE: it is */
};

enum { FP = FINGERPRINT_TEXT + 1 };

/* A key of a keys. */
struct target {
    const struct stored_keys *keys; /* NULL: the command was given none */
    char fingerprint[FP];
    bool in_ring;
    bool in_staged;
    bool is_retired;
};

struct plan {
    const struct stored_keys *keys;
    struct ring moved; /* the keys that it is about; without those that are retired */
    struct ring ring;  /* what these are to hold */
    struct ring staged;
    struct ring retire; /* to go to retired/ first */
    bool changes_ring;
    bool changes_staged;
    char leaves_retired[FP]; /* one that is removed from there at last; empty: none */
};

/* Whether the text is a fingerprint or the beginning of one: 4 to 16 hex digits. */
bool is_fingerprint_prefix(const char *text);

/* Finds the one key whose fingerprint begins with `prefix`, in any of the stored. Returns 0, or -1: ERROR_INPUT with
 * what there is (none, or several), the error of a keys that might have it. */
int target_find(const struct stored_keys *stored, size_t count, const char *prefix,
                struct target *target, struct error *err);

/* Without a fingerprint: to promote, the only key that is staged; to retire, all keys of the Fernet ring but the
 * first, which leaves target->keys NULL. As target_find. */
int target_default(enum verb verb, const struct stored_keys *stored, size_t count,
                   struct target *target, struct error *err);

/* Works out the plan. `retired` is the key itself, where it is to leave retired/; else empty. What the outside has
 * processes encrypt with is not retired.
 * Returns 1; 0 where all is as it would be; -1: ERROR_REFUSED or ERROR_INPUT, with what has to be done first,
 * ERROR_SYSTEM. */
int plan_make(enum verb verb, const struct stored_keys *stored, const struct target *target,
              const struct ring *retired, struct plan *plan, struct error *err);

void stored_keys_free(struct stored_keys *keys);
void plan_free(struct plan *plan);
#define _cleanup_plan_ _cleanup_(plan_free)
