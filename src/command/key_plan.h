/* What a key command changes in the store. Pure functions: they read no file and no clock.
 *
 * A key of the store is in the ring of its secret, or staged, or retired. A key command moves a key from one of these
 * places to another, and its plan has the new content of each place. command/key_change.c writes them in the order
 * retired/ (new keys), ring, staged, retired/ (removed key): so a crash at any moment loses no key.
 */
#pragma once

#include <stdbool.h>

#include "airflow/managed.h"
#include "base/error.h"
#include "fernet/ring.h"
#include "resolve/sources.h"
#include "store/retired.h"

enum verb { VERB_PROMOTE, VERB_RETIRE, VERB_UNRETIRE, VERB_DESTROY };

/* The keys of one secret in the store. */
struct stored_keys {
    const struct managed *secret;
    struct ring ring;
    struct ring staged;
    struct retired retired;
    const struct source
        *given;          /* the source in use outside the store, such as FERNET_KEY; NULL: none */
    const char *options; /* for the commands in hints: cli/suggest.h */
    struct error error;  /* why the keys could not be read; else ERROR_NONE */
};

enum { FP = FINGERPRINT_TEXT + 1 };

/* The key that a command is about, and where the store has it. */
struct target {
    const struct stored_keys
        *keys; /* of its secret; NULL: no key was named, and all old ones are meant */
    char fingerprint[FP];
    bool in_ring;
    bool in_staged;
    bool is_retired;
};

struct plan {
    const struct stored_keys *keys;
    struct ring moved;  /* the keys that the command moves; not those that it destroys */
    struct ring ring;   /* the new ring */
    struct ring staged; /* the new staged keys */
    struct ring retire; /* the keys to write to retired/ first */
    bool changes_ring;
    bool changes_staged;
    char leaves_retired[FP]; /* the key to remove from retired/ last; empty: none */
};

/* Whether the text is a fingerprint or the beginning of one: 4 to 16 hex digits. */
bool is_fingerprint_prefix(const char *text);

/* The error of keys that could not be read, complete with their path; NULL: there is none. */
const struct error *stored_keys_error(const struct stored_keys *stored, size_t count);

/* Finds the only key of all secrets whose fingerprint begins with `prefix`. Returns 0, or -1: ERROR_INPUT with all
 * fingerprints as hints if there is no such key or more than one; or the error of keys that could not be read. */
int target_find(const struct stored_keys *stored, size_t count, const char *prefix,
                struct target *target, struct error *err);

/* The target if no fingerprint was given. promote: the only staged key. retire: all keys of the Fernet ring but the
 * first; then target->keys is NULL. Returns as target_find. */
int target_default(enum verb verb, const struct stored_keys *stored, size_t count,
                   struct target *target, struct error *err);

/* Makes the plan. `retired` is the key that unretire takes out of retired/; else empty. A key that processes encrypt
 * with, because keys->given puts it first, cannot be retired.
 * Returns 1; 0 if there is nothing to change; -1 with ERROR_REFUSED or ERROR_INPUT and a hint on what to do first, or
 * with ERROR_SYSTEM. */
int plan_make(enum verb verb, const struct stored_keys *stored, const struct target *target,
              const struct ring *retired, struct plan *plan, struct error *err);

void stored_keys_free(struct stored_keys *keys);
void plan_free(struct plan *plan);
#define _cleanup_plan_ _cleanup_(plan_free)
