/* Keys that were taken out of use: <store>/retired/<fingerprint>, of secrets other than the Fernet key
 * <store>/retired/NAME.<fingerprint>. One key a file, one line.
 *
 * None of them is ever a source of a run. The folder and its files are checked as the store's are
 * (store/check_mode.h); a link in the folder's place is refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fernet/ring.h"
#include "store/store.h"

struct error;

/* Fingerprints, in the order of their digits. */
struct retired {
    char (*fingerprints)[FINGERPRINT_TEXT + 1];
    size_t count;
};

/* Which keys of NAME are retired, from the names of the files alone. No folder, or no store: none.
 * Returns 0, or -1 with ERROR_REFUSED (the folder is not safe) or ERROR_SYSTEM. */
int store_retired_list(const struct store *store, const char *name, bool is_value,
                       struct retired *list, struct error *err);

bool retired_has(const struct retired *list, const char *fingerprint);

/* Reads one of them into an empty *ring. Returns 0, or -1: ERROR_INPUT (missing, or not the key that its name
 * says), ERROR_REFUSED, ERROR_SYSTEM. */
int store_retired_read(const struct store *store, const char *name, bool is_value,
                       const char *fingerprint, struct ring *ring, struct error *err);

/* Holding the lock: makes each key of `keys` a retired one of NAME, durable when it returns; the folder is created
 * where it is missing, as .retired.new until the store's owner can use it. One that is there is left as it is; one that is not what its name says is an error.
 * Returns 0, or -1 as store_retired_read, and then some may have been retired. */
int store_retire(const struct store *store, const char *name, bool is_value,
                 const struct ring *keys, struct error *err);

/* Why store_retire would fail, as far as permissions and mounts tell. Writes nothing. Returns 0, or -1 as it does. */
int store_retire_foresee(const struct store *store, const char *name, bool is_value,
                         const struct ring *keys, struct error *err);

/* Holding the lock: removes it, durable: the only way in which a key is ever erased, or, for one that is back in
 * the ring, leaves the folder. That it is missing is fine. Returns 0, or -1 as store_retired_list. */
int store_retired_destroy(const struct store *store, const char *name, bool is_value,
                          const char *fingerprint, struct error *err);

void retired_free(struct retired *list);
#define _cleanup_retired_ _cleanup_(retired_free)
