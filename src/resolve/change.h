/* What a key from outside makes of the ring in the store, and of the ring that this process gets.
 *
 * Pure. New is what the store has never seen: a key that is neither in its ring, nor staged, nor retired.
 * Only a new key changes the store, so that two deployments with different keys over one store do not
 * write it at every start:
 *
 *   keep     what came from outside goes in front, all that was there stays behind it;
 *   stage    a new key waits in NAME.staged, at the end of everybody's ring: readable, not yet used;
 *   refuse   is refused, with the line that mends it;
 *   replace  what came from outside is the ring, the rest is retired.
 *
 * A retired key that comes back is served and not stored. Nothing is erased: what the new ring lacks goes to
 * retired/ before. A value has room for one, and so keeping is replacing.
 */
#pragma once

#include "fernet/ring.h"
#include "resolve/on_change.h"
#include "store/retired.h"

struct error;

enum { WRITTEN_MOST = 3 };

/* What is there; everything is borrowed. */
struct standing {
    const struct ring *outside; /* what came by variable, command or file; may be empty */
    const struct ring *stored;  /* the store's ring; empty: it has none */
    const struct ring *staged;
    const struct ring *written[WRITTEN_MOST]; /* what airflow.cfg holds literally; NULL: nothing */
    const struct retired *retired;
};

struct change {
    struct ring stored; /* what the store's ring is to be */
    struct ring staged; /* and NAME.staged */
    struct ring fresh;  /* the new keys */
    bool changes;       /* one of both is not what it was, or something is to be retired */
    bool can_wait;      /* no more than what is staged, and has come into the ring, leaves it */
};

/* Works out *change and, in *ring, what this process gets. Returns 0, or -1: ERROR_REFUSED
 * (ON_CHANGE_REFUSE), ERROR_INPUT (more than RING_MOST keys), ERROR_SYSTEM. */
int change_for(enum on_change on_change, const struct standing *standing, struct change *change,
               struct ring *ring, struct error *err);

/* Those of `keys` that are to go to retired/ before the store is written: what neither its ring nor its
 * staged keys will hold, and is not there yet. Returns 0, or -1 as ring_add. */
int change_retires(const struct change *change, const struct ring *keys,
                   const struct retired *retired, struct ring *retires, struct error *err);

/* Of `keys` those that are retired, or those that are not. Returns 0, or -1 as ring_add. */
int ring_of_retired(const struct ring *keys, const struct retired *retired, bool are,
                    struct ring *found, struct error *err);

void change_free(struct change *change);
#define _cleanup_change_ _cleanup_(change_free)
