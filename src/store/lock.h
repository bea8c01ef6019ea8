/* The store's lock, for what must not happen twice at once. fcntl(2), F_OFD_SETLK: released by the
 * kernel when the descriptor is closed or its process dies. */
#pragma once

#include <stdbool.h>

#include "base/deadline.h"
#include "store/store.h"

struct error;

/* Takes the lock on <store>/.lock, which is created where it is missing: under a temporary name until all who share
 * the store can open it (base/access.h), and never replaced, since a lock belongs to the inode. It looks every few
 * milliseconds so that a signal that asks to end is heard. Returns the descriptor that holds it, to be closed; or -1:
 * ERROR_REFUSED (somebody else had it until the deadline), ERROR_ENDING, ERROR_SYSTEM (also: no locks on this file
 * system). */
int store_lock(const struct store *store, const struct deadline *deadline, struct error *err);

/* Whether store_lock would come to open it: 0, or -1 with its error. Takes and creates nothing. */
int store_lock_foresee(const struct store *store, struct error *err);

/* Whether store_lock's error says that there are no locks on this file system. */
bool store_lock_is_missing(const struct error *err);
