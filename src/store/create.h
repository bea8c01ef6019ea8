/* Creates a secret in the store exactly once, however many containers start at the same moment.
 *
 * Three ways, because file systems differ:
 *
 * 1. A temporary file, fsync, link(2) to NAME, fsync of the directory; only then is the temporary removed. EEXIST:
 *    another start was first, and its secret is used.
 * 2. Without links: renameat2(2) with RENAME_NOREPLACE. A durable .NAME.claim exists from before the rename until after
 *    the fsync of the directory. It tells readers to fsync before they use the secret.
 * 3. Without that, too: O_EXCL under the store's lock, with such a claim. An incomplete file (no newline at its end, and
 *    not a key ring without it) that has a claim was never used by any process: the holder of the lock creates it
 *    again. An incomplete file without a claim is damage, and stays. If the lock does not reach every host
 *    (store/mount_verdict.h), O_EXCL alone decides which start creates the file. No start then completes the file
 *    of another one, which may still be writing; the others wait.
 *
 * The directory's own name is durable before that: store_make.
 *
 * After a crash at any point the secret is durable and complete, or absent. One exception: in the third way
 * without a lock that reaches every host, an incomplete file may stay. A start with --assume-single-writer
 * completes it.
 */
#pragma once

#include "base/deadline.h"
#include "store/store.h"

struct error;

enum store_created {
    STORE_CREATED = 1,
    STORE_EXISTS = 0, /* read it; on a network file system its name may appear a moment later */
};

/* Creates NAME in an open store with `text`, one line and its newline, and makes it durable. `is_value`: as for
 * store_read. `alone`: no other process writes to the store, so its locks do not matter.
 * Returns one of the above, or -1: ERROR_SYSTEM (not writable, full), ERROR_REFUSED (another start has the lock,
 * or is still writing, at the deadline), ERROR_ENDING. After a failure only files that store_tidy removes can be
 * left. */
int store_create(const struct store *store, const char *name, bool is_value,
                 const struct secret *text, bool alone, const struct deadline *deadline,
                 struct error *err);
