/* The one reader of files that hold a secret: of every ..._FILE variable, of --secret-file, and of the usual paths
 * below /run/secrets.
 *
 * Docker and Kubernetes mount secrets behind symbolic links and with any mode: links are followed, and modes are not
 * checked. A file is read once, whole, at most 64 KiB. A file that is missing, unreadable or blank is an error, never
 * a secret that is not set: else a mount that is late would lead to a new key.
 *
 * A secret is sometimes put where its path belongs. So a message shows a path only where it is plainly one ("/...",
 * "./...", "../...", base/shown.h) and is no key.
 */
#pragma once

#include <stdbool.h>

#include "base/secret.h"
#include "resolve/early.h"

struct error;

struct secret_file {
    const char *path; /* as it was given */
    const char *
        named_by; /* what gives the path: "FERNET_KEY_FILE", "--secret-file"; NULL for a usual path */
    const char *variable; /* where the secret itself belongs: "FERNET_KEY" */
};

/* Puts the text of the file into *text, without one line end at its end: what root has read of it (resolve/early.h;
 * `early` may be NULL), else what is there.
 * Returns 0, or -1: ERROR_INPUT (no regular file, too large, blank; a key in place of the path), ERROR_SYSTEM. The
 * message is as secret_file_within makes it; the hints say what to do. */
int secret_file_read(const struct secret_file *file, const struct early *early, struct secret *text,
                     struct error *err);

/* Puts what names the file before the message of an error about its text: a variable's name. An option names many
 * files, so there the path is enough, where it may be shown. Returns -1. */
int secret_file_within(const struct secret_file *file, struct error *err);

/* Whether a message may show this path, which led to no file. */
bool secret_file_may_be_shown(const char *path);

/* The error of a variable and its ..._FILE that are both set: ERROR_INPUT. Returns -1. */
int secret_file_refuse_both(const char *variable, const char *variable_file, struct error *err);
