/* What a key from outside does to the store's ring, and to the ring that this process gets. Pure.
 *
 * A key is new if the store has never seen it: it is not in the ring, not staged and not retired. Only a new key
 * changes the store; else two deployments with different keys and one store would write it at every start.
 * --on-change says how:
 *
 *   keep     keys from outside come first, the store's other keys follow;
 *   stage    a new key waits in NAME.staged, at the end of every process's ring: it decrypts, and does not encrypt
 *            yet;
 *   refuse   a new key is an error;
 *   replace  keys from outside are the ring, the store's other keys are retired.
 *
 * A retired key that comes back from outside is used by this process and not stored. Nothing is erased: keys that the
 * new ring lacks go to retired/ first. A secret that is one value has no room for a second one, so keep replaces it.
 */
#pragma once

#include "fernet/ring.h"
#include "resolve/on_change.h"
#include "store/retired.h"

struct error;

enum { WRITTEN_MOST = 3 };

/* The keys before the change; all borrowed. */
struct change_input {
    const struct ring *outside; /* from a variable, a command or a file; may be empty */
    const struct ring *stored;  /* the store's ring; empty where it has none */
    const struct ring *staged;
    const struct ring
        *written[WRITTEN_MOST]; /* the literal keys of airflow.cfg; NULL behind the last */
    const struct retired *retired;
};

struct change {
    struct ring stored; /* the store's ring after the change */
    struct ring staged; /* the staged keys after it */
    struct ring fresh;  /* the new keys */
    bool changes;       /* the ring or the staged keys change, or a key must be retired */
    bool can_wait;      /* only staged keys change: they are in the ring by now */
};

/* Works out *change and, in *ring, what this process gets. Returns 0, or -1: ERROR_REFUSED
 * (ON_CHANGE_REFUSE), ERROR_INPUT (more than RING_MOST keys), ERROR_SYSTEM. */
int change_for(enum on_change on_change, const struct change_input *input, struct change *change,
               struct ring *ring, struct error *err);

/* Puts those of `keys` into *retires that must go to retired/ before the store is written: they are not retired yet,
 * and the changed store holds them neither in its ring nor staged. Returns 0, or -1 as ring_add. */
int change_retires(const struct change *change, const struct ring *keys,
                   const struct retired *retired, struct ring *retires, struct error *err);

/* Puts those of `keys` into *found that are retired, or, where `are` is false, those that are not. Returns 0, or -1 as
 * ring_add. */
int ring_of_retired(const struct ring *keys, const struct retired *retired, bool are,
                    struct ring *found, struct error *err);

void change_free(struct change *change);
#define _cleanup_change_ _cleanup_(change_free)
