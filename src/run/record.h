/* Changing the store's rings, as the decision has it, under the store's lock. */
#pragma once

#include "base/deadline.h"
#include "run/look.h"

struct error;

/* Where a ring in the store has to change: takes the lock, waiting until the deadline, reads each of them again,
 * decides anew, and writes: what leaves a ring is retired first (store/update.h). Nothing to change: no lock, no
 * write. Afterwards the decisions in *look are those that were carried out.
 *
 * Returns 0, or -1: ERROR_REFUSED (somebody else had the lock until the deadline; its locks do not reach the
 * other hosts that may have it mounted, and --assume-single-writer was not given), ERROR_SYSTEM (read-only, full;
 * the store is what it was), ERROR_ENDING. What is replaceable stays as it is, with a warning, in a store that we may
 * not write. */
int record_changes(const struct context *context, struct look *look,
                   const struct deadline *deadline, struct error *err);

/* Takes the lock that a change needs. Where locks on the store's mount do not reach every host it is refused, with
 * `cure` as a hint. Returns its descriptor, to be closed; -1 with ERROR_NONE where there are no locks, and we are
 * said to be the only writer; or -1 as record_changes. */
int record_lock(const struct context *context, const struct store *store,
                const struct deadline *deadline, const char *cure, struct error *err);

/* Holding it: makes FILE hold the ring, or removes it where that is empty. As store_replace. */
int record_ring(const struct store *store, const char *file, const struct ring *ring,
                struct error *err);

/* Sweeps what crashed runs have left of the secrets that were read. */
void record_tidy(const struct context *context, const struct look *look);
