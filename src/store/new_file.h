/* A new file or folder in the store: whose it is, what may be done with it, and its text. */
#pragma once

#include "store/store.h"

struct access;
struct error;

/* Whether a new file or folder in the store will pass for one of ours (store/check_mode.h). It does not where a file system gives
 * all files to one uid, and the store is another's. Returns 0, or -1: ERROR_REFUSED, ERROR_SYSTEM. */
int store_check_own(const struct store *store, int fd, const char *path, struct error *err);

/* access_check_owner for it. Beside a ring that is another's, who could not go on without it, even a new one must be his. */
int store_check_owner(const struct store *store, const struct access *access, int fd,
                      const char *path, struct error *err);

/* access_foresee for it. */
int store_foresee_owner(const struct store *store, const struct access *access, const char *path,
                        struct error *err);

/* Puts `text` into `fd`, a new and empty file that messages call `path`, with that access, durable. Returns 0, or -1 with ERROR_SYSTEM, or
 * as store_check_own and store_check_owner. */
int store_write_whole(const struct store *store, const struct access *access, int fd,
                      const char *path, const struct secret *text, struct error *err);

/* Creates a claim under that name: an empty file, which all who share the store can open. Returns its descriptor, or -1 with errno: EEXIST where there is one. */
int store_make_claim(const struct store *store, const char *name);

/* Why a new file of that name would be refused, in a store that can be written; with its warning. Writes nothing. */
int store_new_foresee(const struct store *store, const char *name, struct error *err);
