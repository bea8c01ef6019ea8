/* Changes files of the store. The caller holds the store's lock (store/lock.h), and has read again, under it, what
 * it is about to change.
 *
 * A FILE is NAME or NAME.staged. It is replaced in these steps, each durable before the next: a claim
 * .FILE.changing; a temporary .FILE.change.<random>; its rename to FILE and the fsync of the directory; removal of
 * the claim. Readers take no lock: a reader that sees the new file before that fsync also sees the claim, and does
 * the fsync itself.
 *
 * The caller chooses the order of several changes. A reader that reads the staged keys and then the ring must find
 * every key in one of them, and after a crash each key must be in the ring, staged or retired. So write a key to
 * its new place first, then remove it from the old one.
 */
#pragma once

#include "base/file.h"
#include "store/store.h"

struct error;

/* Replaces the text of FILE by `text`, one line and its newline; its access stays (base/access.h). NAME must exist:
 * store_create creates it. NAME.staged need not. Returns 0; or -1 with ERROR_SYSTEM: FILE has its old text, or, if
 * the fsync of the directory failed, the new text with the claim still there. */
int store_replace(const struct store *store, const char *file, const struct secret *text,
                  struct error *err);

/* Predicts store_replace by permissions and mounts. Writes nothing. Returns 0, or -1 with the error it would have. */
int store_replace_foresee(const struct store *store, const char *file, struct error *err);

/* Removes FILE, durable. A missing file is no error. Returns 0, or -1 with ERROR_SYSTEM. */
int store_remove(const struct store *store, const char *file, struct error *err);

/* Creates the claim .FILE.changing, durable. store_replace does this itself; this is for changes of other files
 * that leave temporaries, such as retired keys. Returns 0, or -1 with ERROR_SYSTEM. */
int store_change_begin(const struct store *store, const char *file, struct error *err);

/* Removes the claim. */
void store_change_end(const struct store *store, const char *file);

/* Predicts store_change_begin, in the same way. */
int store_change_foresee(const struct store *store, const char *file, struct error *err);

/* Writes `text` to a temporary file in `directory` (the store or its retired/), durable; the caller renames it.
 * The file gets the access of `like`, a file in the store (in retired/ at most the store's mode), or of a new file
 * if `like` does not exist. Returns 0, or -1 with ERROR_SYSTEM; the temporary is removed then. */
int store_write_change(const struct store *store, int directory, const char *file, const char *like,
                       const struct secret *text, char temporary[FILE_TEMPORARY_NAME],
                       struct error *err);

/* Removes what an interrupted change of NAME has left: claims (after an fsync of files and directory) and
 * temporaries, in retired/, too. Call it without the lock, if a scan shows `changing` or `changes`. It does
 * nothing if another process has the lock. Do not call it if locks do not reach every host. A file that cannot be
 * removed does no harm. */
void store_tidy_changes(const struct store *store, const char *name, const struct store_scan *scan);
