/* Changing the rings that the store holds, as was decided, under the store's lock. */
#pragma once

#include "base/deadline.h"
#include "run/findings.h"

struct error;

/* Where a ring in the store must change: takes the lock, waiting until the deadline, reads each such ring again,
 * decides anew, and writes. A key that leaves a ring is retired first (store/update.h). Where nothing changes it
 * takes no lock and writes nothing. Afterwards the decisions in *findings are those that were carried out.
 *
 * Returns 0, or -1: ERROR_REFUSED (another process had the lock until the deadline; or locks on this mount do not
 * reach other hosts that may have mounted it, and --assume-single-writer was not given), ERROR_SYSTEM (read-only or
 * full: the store is as it was), ERROR_ENDING. In a store that fernit may not write, a replaceable secret stays as it
 * is, with a warning. */
int change_rings(const struct context *context, struct findings *findings,
                 const struct deadline *deadline, struct error *err);

/* Takes the lock that a change needs. Where locks on the store's mount do not reach every host it is refused, with
 * `cure` as a hint. Returns its descriptor, for the caller to close; -1 with ERROR_NONE where there are no locks and
 * the user said that no other fernit writes; or -1 as change_rings. */
int lock_for_change(const struct context *context, const struct store *store,
                    const struct deadline *deadline, const char *cure, struct error *err);

/* With the lock held: writes the ring to FILE, or removes FILE where the ring is empty. As store_replace. */
int replace_ring(const struct store *store, const char *file, const struct ring *ring,
                 struct error *err);
