/* Writes airflow.cfg in place, because a bind-mounted file cannot be replaced. A crash may leave it half written,
 * so a copy in the store lets the next start finish the write.
 */
#pragma once

#include "airflow/cfg_write.h"

/* Where the copy is; everything is borrowed. The caller holds that folder's lock. */
struct cfg_copy {
    int directory;
    const char *directory_path;
    const char *name;
    mode_t mode;
    bool pretends; /* cfg_recover only predicts, and writes nothing */
};

/* Overwrites the file with `text`. Before that it makes a copy of the old and new text durable, for cfg_recover.
 * Nobody has more permissions on the copy than on the file, or than copy->mode; the copy has no ACL. Holds a lock
 * on the file (flock(2): it may be mounted in several containers), and waits for it until the deadline.
 * Returns CFG_WRITTEN, CFG_CHANGED, CFG_NOT_WRITABLE (with *err), or -1 with ERROR_SYSTEM, ERROR_REFUSED (lock),
 * ERROR_ENDING. */
int cfg_overwrite(const char *path, const struct cfg *read, const struct secret *text,
                  const struct cfg_copy *copy, const struct deadline *deadline, struct error *err);

/* Predicts, by permissions, what cfg_overwrite would return with a copy in `folder`. Writes nothing. */
int cfg_foresee_overwrite(const char *path, const char *folder, struct error *err);

/* Whether there is such a copy, complete or not. */
bool cfg_copy_exists(const struct cfg_copy *copy);

/* Finishes an interrupted cfg_overwrite. If every byte of the file comes from the old or the new text, it writes
 * the new text, even if the write had not begun: the new key may be in the copy only. Else another program has
 * edited the file, and both file and copy stay. They also stay if a user who may not write the file could have
 * written the copy (access_check_like, for the copy or its folder): the copy may then contain any command.
 * Returns 1 if it wrote, 0 if there is nothing to do, or -1: ERROR_INPUT (edited), ERROR_REFUSED (the copy's
 * owner), or as cfg_overwrite. */
int cfg_recover(const char *path, const struct cfg_copy *copy, const struct deadline *deadline,
                struct error *err);
