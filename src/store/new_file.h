/* A new file or folder in the store: its owner, its access, its text. */
#pragma once

#include "store/store.h"

struct access;
struct error;

/* Checks that later starts will accept the owner of a new file or folder (store/check_mode.h). They will not if
 * the file system gives all files to one uid, and another uid owns the store. Returns 0, or -1: ERROR_REFUSED,
 * ERROR_SYSTEM. */
int store_check_own(const struct store *store, int fd, const char *path, struct error *err);

/* access_check_owner for a new file. If another user owns the key ring, the new file must be his, too: he could
 * not start without it. */
int store_check_owner(const struct store *store, const struct access *access, int fd,
                      const char *path, struct error *err);

/* access_foresee for a new file. */
int store_foresee_owner(const struct store *store, const struct access *access, const char *path,
                        struct error *err);

/* Sets `access` on `fd`, a new and empty file, writes `text` and makes it durable. Messages show `path`. Returns
 * 0, or -1 with ERROR_SYSTEM or the errors of store_check_own and store_check_owner. */
int store_write_whole(const struct store *store, const struct access *access, int fd,
                      const char *path, const struct secret *text, struct error *err);

/* Creates a claim: an empty file `name` that all users of the store can open. Returns its descriptor, or -1 with
 * errno: EEXIST if there is one. */
int store_make_claim(const struct store *store, const char *name);

/* Predicts whether a new file `name` in a writable store would be refused, with its warning. Writes nothing.
 * Returns 0, or -1 with the error. */
int store_new_foresee(const struct store *store, const char *name, struct error *err);
