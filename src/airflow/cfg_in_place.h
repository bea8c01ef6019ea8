/* Writing airflow.cfg where it is, because it is bind-mounted and cannot be replaced: with a copy
 * from which an interrupted write is finished, since a crash may leave the file torn. */
#pragma once

#include "airflow/cfg_write.h"

/* Writes `text` over the file in place, which a bind-mounted file alone permits. Since a crash could
 * leave it torn, old and new text are first made durable as `directory`/`copy`, from which
 * cfg_recover finishes the work. `directory` is an open directory, shown as `directory_path`; its
 * lock is the caller's, as for cfg_recover.
 * Returns CFG_WRITTEN, CFG_CHANGED, CFG_FIXED (not writable: *err) or -1. */
int cfg_overwrite(const char *path, const struct cfg *read, const struct secret *text,
                  int directory, const char *directory_path, const char *copy, struct error *err);

/* Finishes an interrupted cfg_overwrite. A file that still is the old text was not begun: the copy goes.
 * Where every byte of the file is the old or the new text's
 * it gets the new text; else somebody has edited it since: it stays as it is, and the copy, too.
 * Returns 1 if it wrote, 0 if there was nothing to do, or -1 with ERROR_INPUT (edited since), or
 * ERROR_SYSTEM. */
int cfg_recover(const char *path, int directory, const char *directory_path, const char *copy,
                struct error *err);
