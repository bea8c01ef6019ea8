/* What root reads for --user before it becomes that user: mounted secrets that only root may read.
 *
 * Root reads the files that resolve/secret_file.h reads later, but only where the whole path belongs to root
 * (base/trusted.h). Else a symbolic link in a folder of the user's would make root read a file that the user may not
 * read. Root also remembers which files are missing, since the user cannot see that in a closed folder. All other
 * files are read later, with the user's own rights. A file that root cannot read is skipped without a message: the
 * later reader reports it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/secret.h"

/* Bytes that a mounted secret may have. */
enum { SECRET_FILE_MOST = 64 * 1024 };

struct early_text {
    const char *path; /* as it was given; borrowed */
    bool missing;     /* root saw that the file is missing, and only root can create it */
    struct secret text;
};

struct early {
    struct early_text *texts;
    size_t count;
};

/* Reads the files of the managed secrets' ..._FILE, of `secret_files` (ends with NULL), below /run/secrets, and of the
 * sensitive options' ..._FILE. The strings must live as long as *early. */
void early_read(struct early *early, char *const *environment, const char *const *secret_files);

/* What root read at `path`; NULL where it read nothing, or `early` is NULL. */
const struct early_text *early_found(const struct early *early, const char *path);

/* Whether a source of the Fernet key before the store is there, valid or not: then no start creates a key. A ..._CMD
 * that only reads the store at `store_path` is no such source. */
bool early_has_outside(char *const *environment, const char *const *secret_files,
                       const char *store_path);

void early_free(struct early *early);
#define _cleanup_early_ _cleanup_(early_free)
