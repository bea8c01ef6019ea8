/* Making a secret in the store exactly once, however many start at the same moment.
 *
 * 1. A temporary file, fsync, link(2) to the name, fsync of the directory; only then is the
 *    temporary removed. EEXIST: another one was first, its secret counts.
 * 2. Where links are impossible: renameat2(2) with RENAME_NOREPLACE. A durable .NAME.claim made
 *    before, and removed after the fsync of the directory, tells readers to fsync for themselves.
 * 3. Where that is impossible, too: O_EXCL under the store's lock, with such a claim. A file that is
 *    not whole (no newline at its end, and no ring of keys without it) and has a claim was never used
 *    by anybody: the holder of the lock creates it anew. One without a claim is damage, and is left alone.
 *    Where the lock does not keep out everybody (store/mount_verdict.h) O_EXCL alone decides who makes it,
 *    and nobody finishes another one's file: its maker may still be at work. The others wait for it.
 *
 * The directory's own name is durable before all of them: store_make.
 *
 * A crash at any point leaves the secret durable and whole, or absent; where no lock reaches everybody, in the third
 * way, it may leave a file that is not whole, for somebody to finish who is said to be alone.
 */
#pragma once

#include "base/deadline.h"
#include "store/store.h"

struct error;

enum store_created {
    STORE_CREATED = 1,
    STORE_EXISTS = 0, /* read it; on a network file system its name may take a moment to show */
};

/* Makes NAME hold `text`, one line with its newline, durable. The store is open; `is_value` as for
 * store_read; `alone`: nobody else writes there, whatever its locks are worth.
 * Returns one of the above, or -1: ERROR_SYSTEM (not writable, full), ERROR_REFUSED (another one has the lock, or
 * is writing it, until the deadline), ERROR_ENDING. Nothing is left behind on failure but, at most, what store_tidy
 * removes. */
int store_create(const struct store *store, const char *name, bool is_value,
                 const struct secret *text, bool alone, const struct deadline *deadline,
                 struct error *err);
