/* Writing airflow.cfg where it is, because it is bind-mounted and cannot be replaced: with a copy
 * from which an interrupted write is finished, since a crash may leave the file torn. */
#pragma once

#include "airflow/cfg_write.h"

/* Where the copy is kept; everything is borrowed. The lock of that folder is the caller's. */
struct cfg_copy {
    int directory;
    const char *directory_path;
    const char *name;
    mode_t mode;
    bool pretends; /* cfg_recover writes nothing */
};

/* Writes `text` over the file in place, which a bind-mounted file alone permits, under its own lock
 * (flock(2): it may be mounted in several containers), which is waited for until the deadline. Since a
 * crash could leave the file torn, old and new text are first made durable as the copy, from which
 * cfg_recover finishes the work. The copy gives nobody more than the file does, nor than copy->mode, and has no ACL.
 * Returns CFG_WRITTEN, CFG_CHANGED, CFG_FIXED (not writable: *err) or -1 with ERROR_SYSTEM,
 * ERROR_REFUSED (lock), ERROR_ENDING. */
int cfg_overwrite(const char *path, const struct cfg *read, const struct secret *text,
                  const struct cfg_copy *copy, const struct deadline *deadline, struct error *err);

/* What cfg_overwrite would return with a copy in that folder, as far as permissions tell. Writes nothing. */
int cfg_foresee_overwrite(const char *path, const char *folder, struct error *err);

/* Whether there is such a copy, or one that was not finished. */
bool cfg_copy_exists(const struct cfg_copy *copy);

/* Finishes an interrupted cfg_overwrite. Where every byte of the file is the old or the new text's it
 * gets the new text, also if the write had not begun: the copy may be the only place where its key
 * still is. Else somebody has edited it since: it stays as it is, and the copy, too. So it does where the copy comes from somebody
 * who may not write the file (access_check_like, of the copy or of its folder): what is in it may be a command.
 * Returns 1 if it wrote, 0 if there was nothing to do, or -1 with ERROR_INPUT (edited since), ERROR_REFUSED (whose it is),
 * or as cfg_overwrite. */
int cfg_recover(const char *path, const struct cfg_copy *copy, const struct deadline *deadline,
                struct error *err);
