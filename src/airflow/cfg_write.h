/* Writing airflow.cfg so that no reader ever sees half of it, and no edit is lost. */
#pragma once

#include "airflow/cfg.h"
#include "base/deadline.h"
#include "base/secret.h"

struct error;

enum cfg_outcome {
    CFG_WRITTEN = 0,
    CFG_CHANGED, /* it is no longer what was read: read it again */
    CFG_FIXED, /* it cannot be replaced where it is: a bind mount, read-only, not our directory, or its owner could not read
                    the new one */
};

/* Locks the folder of the file (flock(2)) against another fernit that writes the same file and shares no
 * store with us, waiting until the deadline. To be taken before the file is read for the last time.
 * Returns the descriptor that holds the lock, to be closed; -2 where there is nothing to lock; -1 with ERROR_REFUSED
 * or ERROR_ENDING. */
int cfg_lock(const char *path, const struct deadline *deadline, struct error *err);

/* The same for a file or folder that is open. Returns 0, also where no lock is to be had, or -1. */
int cfg_lock_open(int fd, const char *path, const struct deadline *deadline, struct error *err);

/* Creates a file that must not exist yet, with that mode (access_new), durable, whole from its first moment; the
 * directory is created where it is missing, as Airflow does. Of root's that others may write to, where they cannot read the new
 * file, the warning other-owner says it.
 * Returns an outcome (CFG_FIXED fills *err with the reason), or -1 with ERROR_SYSTEM. */
int cfg_create(const char *path, const struct secret *text, mode_t mode, struct error *err);

/* Replaces the file that `read` was read from by `text`: a temporary file beside it with its access
 * (base/access.h), then rename(2). Symbolic links are followed and stay.
 * Returns as cfg_create does. */
int cfg_replace(const char *path, const struct cfg *read, const struct secret *text,
                struct error *err);

/* What cfg_replace, or cfg_create with that mode where nothing `exists`, would return, as far as permissions and mounts
 * tell. Writes nothing. */
int cfg_foresee(const char *path, bool exists, mode_t mode, struct error *err);

/* Sweeps the temporary of a fernit that has died after it had linked it to the file's name, and whose work
 * therefore nobody does again: the file's link count tells. Needs no lock: who is writing makes another. */
void cfg_tidy(const char *path, const struct cfg *read);

/* Whether the file is still the one that was read: its inode, size, mtime and ctime. */
bool cfg_is_unchanged(const struct stat *now, const struct stat *was);

/* CFG_FIXED where the error says that this place is not ours to write, else -1. */
int cfg_write_outcome(const struct error *err);
