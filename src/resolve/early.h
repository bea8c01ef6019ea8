/* What root reads for a user before it becomes that user: mounted secrets that root alone may read.
 *
 * These are the files of way 4 and of Airflow's sensitive options (resolve/option_files.h), and only
 * where nobody but root can have made what is there (base/trusted.h): else a link in a folder of the
 * user's would have root read for the user what the user may not. That one is missing counts, too: the user cannot see that in a closed folder.
 * All others are left to who asks for them, with the user's own rights (early_file_read). What cannot be
 * read is passed over in silence: they will find and tell it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/secret.h"

/* Bytes that a mounted secret may have. */
enum { SECRET_FILE_MOST = 64 * 1024 };

struct early_text {
    const char *path; /* as it was given; borrowed */
    bool missing;     /* root has seen that it is not there, and nobody else can make it */
    struct secret text;
};

struct early {
    struct early_text *texts;
    size_t count;
};

/* Reads the files that the managed secrets' ..._FILE, `secret_files` (ends with NULL), the names
 * below /run/secrets and the sensitive options' ..._FILE lead to. The strings must live as long as *early. */
void early_read(struct early *early, char *const *environment, const char *const *secret_files);

/* What root has found at `path`, or NULL where it has not looked, or `early` is NULL. */
const struct early_text *early_found(const struct early *early, const char *path);

/* Puts the text of the mounted secret at `path` into *text: what root has read of it, else what is there,
 * links followed, at most 64 KiB.
 * Returns 0, or -1: ERROR_INPUT (not a file, too large, nothing but blanks), ERROR_SYSTEM. */
int early_file_read(const struct early *early, const char *path, struct secret *text,
                    struct error *err);

/* Whether any source of the Fernet key before the store shows itself, be it right or wrong: then a run will make no
 * key. A ..._CMD that only reads the store at `store_path` is none. */
bool early_has_outside(char *const *environment, const char *const *secret_files,
                       const char *store_path);

void early_free(struct early *early);
#define _cleanup_early_ _cleanup_(early_free)
