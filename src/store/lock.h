/* The store's lock: one process at a time changes the store. fcntl(2), F_OFD_SETLK: the kernel releases it when the
 * descriptor is closed or the process dies. */
#pragma once

#include <stdbool.h>

#include "base/deadline.h"
#include "store/store.h"

struct error;

/* Takes the lock on <store>/.lock, and creates that file if it is missing. The file gets its name only when all
 * users of the store can open it (base/access.h). It is never replaced, because a lock belongs to the inode.
 * Waiting is by polling, so that a signal can end it.
 * Returns the descriptor that holds the lock; the caller closes it. Or -1: ERROR_REFUSED (another process had the
 * lock until the deadline), ERROR_ENDING, ERROR_SYSTEM (also: this file system has no locks). */
int store_lock(const struct store *store, const struct deadline *deadline, struct error *err);

/* Predicts whether store_lock could open or create .lock: returns 0, or -1 with its error. Creates nothing. */
int store_lock_foresee(const struct store *store, struct error *err);

/* Whether the error of store_lock says that this file system has no locks. */
bool store_lock_is_missing(const struct error *err);
