/* Retired keys: <store>/retired/<fingerprint>; of other secrets than the Fernet key
 * <store>/retired/NAME.<fingerprint>. One key a file, on one line.
 *
 * No start uses a retired key as a source. The folder and its files are checked as the store's are
 * (store/check_mode.h); a symbolic link in the folder's place is refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fernet/ring.h"
#include "store/store.h"

struct error;

/* Fingerprints, sorted. */
struct retired {
    char (*fingerprints)[FINGERPRINT_TEXT + 1];
    size_t count;
};

/* Lists the retired keys of NAME, by the names of the files. Without the folder or the store the list is empty.
 * Returns 0, or -1 with ERROR_REFUSED (the folder is not safe) or ERROR_SYSTEM. */
int store_retired_list(const struct store *store, const char *name, bool is_value,
                       struct retired *list, struct error *err);

bool retired_has(const struct retired *list, const char *fingerprint);

/* Reads a retired key into an empty *ring. Returns 0, or -1: ERROR_INPUT (missing, or not the key of its name),
 * ERROR_REFUSED, ERROR_SYSTEM. */
int store_retired_read(const struct store *store, const char *name, bool is_value,
                       const char *fingerprint, struct ring *ring, struct error *err);

/* Writes each key of `keys` to retired/, durable. The caller holds the lock. Creates the folder if it is missing;
 * its name is .retired.new until the store's owner can use it. An existing file stays; it is an error if it has
 * another key. Returns 0, or -1 with the errors of store_retired_read; some keys may be retired then. */
int store_retire(const struct store *store, const char *name, bool is_value,
                 const struct ring *keys, struct error *err);

/* Predicts store_retire by permissions and mounts. Writes nothing. Returns 0, or -1 with the error it would have. */
int store_retire_foresee(const struct store *store, const char *name, bool is_value,
                         const struct ring *keys, struct error *err);

/* Removes a retired key, durable. The caller holds the lock. Erases the key, unless it is in the ring again;
 * nothing else in fernit erases a key. A missing file is no error. Returns 0, or -1 with the errors of
 * store_retired_list. */
int store_retired_destroy(const struct store *store, const char *name, bool is_value,
                          const char *fingerprint, struct error *err);

void retired_free(struct retired *list);
#define _cleanup_retired_ _cleanup_(retired_free)
