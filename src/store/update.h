/* Changing what is in the store. All of it is done by the holder of the store's lock (store/lock.h), who has
 * read again under it what it is about to change.
 *
 * A FILE is NAME or NAME.staged. It is replaced in this order, each step durable before the next: a claim
 * .FILE.changing; a temporary .FILE.change.<random>; its rename over FILE and the fsync of the directory;
 * and only then the claim goes. Readers have no lock: one that sees the new file before that fsync sees the
 * claim, too, and makes it durable for itself.
 *
 * The order of several changes is the caller's: whoever reads what is staged, then the ring, must find every
 * key in one of them, and a crash must leave each in one of ring, staged and retired. So: put it where it
 * goes first, then take it from where it was.
 */
#pragma once

#include "base/file.h"
#include "store/store.h"

struct error;

/* Makes FILE hold `text`, one line with its newline, whatever it held; its access stays (base/access.h). NAME itself
 * must exist: the first is created by store_create. Returns 0; or -1 with ERROR_SYSTEM: FILE is what it was, or (its directory could not
 * be fsynced) what it was to be, with the claim there still. */
int store_replace(const struct store *store, const char *file, const struct secret *text,
                  struct error *err);

/* Why store_replace of FILE would fail, as far as permissions and mounts tell. Writes nothing. Returns 0, or -1 as it does. */
int store_replace_foresee(const struct store *store, const char *file, struct error *err);

/* Removes FILE, durable. That it is missing is fine. Returns 0, or -1 with ERROR_SYSTEM. */
int store_remove(const struct store *store, const char *file, struct error *err);

/* Says durably that NAME is being changed, until store_change_end: what store_replace does for itself, for
 * changes elsewhere that leave temporaries. Returns 0, or -1 with ERROR_SYSTEM. */
int store_change_begin(const struct store *store, const char *file, struct error *err);
void store_change_end(const struct store *store, const char *file);

/* The same of store_change_begin. */
int store_change_foresee(const struct store *store, const char *file, struct error *err);

/* A file in `directory` (the store or its retired/), whole and durable, but for its name: a temporary that the
 * caller renames. It gets the access of `like`, a file in the store (in retired/ no more than the store's mode), or that of a new one where there is none. Returns 0, or -1 with ERROR_SYSTEM, and nothing left behind. */
int store_write_change(const struct store *store, int directory, const char *file, const char *like,
                       const struct secret *text, char temporary[FILE_TEMPORARY_NAME],
                       struct error *err);

/* Sweeps what a crashed change of NAME has left: claims (once files and directory are fsynced) and
 * temporaries, in retired/, too. To be called without the lock where a scan shows `changing` or `changes`: it
 * takes the lock if nobody has it, else somebody is at work, and nothing is done. Where locks are not shared
 * between hosts it must not be called. What cannot be swept stays: no harm. */
void store_tidy_changes(const struct store *store, const char *name, const struct store_scan *scan);
