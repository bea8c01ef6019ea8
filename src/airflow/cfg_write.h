/* Writing airflow.cfg so that nobody ever reads half of it, and nobody's edit is lost. */
#pragma once

#include "airflow/cfg.h"
#include "base/secret.h"

struct error;

enum cfg_outcome {
    CFG_WRITTEN = 0,
    CFG_CHANGED, /* it is no longer what was read: read it again */
    CFG_FIXED,   /* it cannot be replaced where it is: a bind mount, read-only, not our directory */
};

/* Makes a file that must not exist yet, mode 0600, durable, whole from its first moment; the
 * directory is made where missing, as Airflow makes it.
 * Returns an outcome (CFG_FIXED fills *err with the reason), or -1 with ERROR_SYSTEM. */
int cfg_create(const char *path, const struct secret *text, struct error *err);

/* Replaces the file that `read` was read from by `text`: a temporary file beside it with its mode
 * and, where permitted, its owner, then rename(2). Symbolic links are followed and stay.
 * Returns as cfg_create does. */
int cfg_replace(const char *path, const struct cfg *read, const struct secret *text,
                struct error *err);

/* Writes `text` over the file in place, which a bind-mounted file alone permits. Since a crash could
 * leave it torn, old and new text are first made durable as `directory`/`copy`, from which
 * cfg_recover finishes the work. `directory` is an open directory, shown as `directory_path`; its
 * lock is the caller's, as for cfg_recover.
 * Returns CFG_WRITTEN, CFG_CHANGED, CFG_FIXED (not writable: *err) or -1. */
int cfg_overwrite(const char *path, const struct cfg *read, const struct secret *text,
                  int directory, const char *directory_path, const char *copy, struct error *err);

/* Finishes an interrupted cfg_overwrite. Where every byte of the file is the old or the new text's
 * it gets the new text; else somebody has edited it since: it stays as it is, and the copy, too.
 * Returns 1 if it wrote, 0 if there was nothing to do, or -1 with ERROR_INPUT (edited since), or
 * ERROR_SYSTEM. */
int cfg_recover(const char *path, int directory, const char *directory_path, const char *copy,
                struct error *err);
