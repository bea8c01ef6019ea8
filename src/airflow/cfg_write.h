/* Replaces airflow.cfg so that no reader sees half of it, and no edit of another program is lost. */
#pragma once

#include "airflow/cfg.h"
#include "base/deadline.h"
#include "base/secret.h"

struct error;

enum cfg_outcome {
    CFG_WRITTEN = 0,
    CFG_CHANGED,      /* the file has changed since it was read: read it again */
    CFG_NOT_WRITABLE, /* it cannot be replaced: a bind mount, a read-only one, another user's folder, or
                       * its owner could not read the new file */
};

/* Locks the file's folder (flock(2)) against a fernit with another store that writes the same file. Waits until
 * the deadline. Take the lock before the last read of the file.
 * Returns the descriptor that holds the lock; the caller closes it. -2 if there is nothing to lock; -1 with
 * ERROR_REFUSED or ERROR_ENDING. */
int cfg_lock(const char *path, const struct deadline *deadline, struct error *err);

/* The same for an open file or folder. Returns 0, also if the file system has no locks, or -1. */
int cfg_lock_open(int fd, const char *path, const struct deadline *deadline, struct error *err);

/* Creates a file that does not exist yet, with `mode` (access_new), durable. It gets its name when it is complete.
 * Creates the directory if it is missing, as Airflow does. Logs the warning other-owner if root's folder is
 * writable for other users who cannot read the new file.
 * Returns an outcome (CFG_NOT_WRITABLE with the reason in *err), or -1 with ERROR_SYSTEM. */
int cfg_create(const char *path, const struct secret *text, mode_t mode, struct error *err);

/* Replaces the file from which `read` was read: writes `text` to a temporary file beside it with the same access
 * (base/access.h), then rename(2). Follows symbolic links and keeps them.
 * Returns as cfg_create does. */
int cfg_replace(const char *path, const struct cfg *read, const struct secret *text,
                struct error *err);

/* Predicts, by permissions and mounts, what cfg_replace would return, or cfg_create with `mode` if the file does
 * not exist. Writes nothing. */
int cfg_foresee(const char *path, bool exists, mode_t mode, struct error *err);

/* Removes the temporary file of a fernit that was killed after it had linked it to the file's name; the file's
 * link count tells this. Needs no lock: a fernit that is writing creates another temporary. */
void cfg_tidy(const char *path, const struct cfg *read);

/* Whether inode, size, mtime and ctime are still those of the file that was read. */
bool cfg_is_unchanged(const struct stat *now, const struct stat *was);

/* CFG_NOT_WRITABLE if errno says that this user may not write there, else -1. */
int cfg_write_outcome(const struct error *err);
