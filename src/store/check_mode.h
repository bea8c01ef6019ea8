/* Whether a file or folder of the store is safe from other users: its owner and its mode.
 *
  * The owner must be this user, root or the owner of the store (NFS maps root to nobody). Any owner is accepted where a group
 * of this user may write to the store and the file has that group: arbitrary uids with group 0, each of which could replace
 * the file anyway. Every user may write: refused. An owner that shows as 65534, because this user namespace does not map it,
 * is taken for the store's only where no other user may write to the store. A group that may write must be 0, a group of this
 * user or the store's: kubelet changes 0600 to 0660 at each mount with an fsGroup. */
#pragma once

#include <stdbool.h>

#include "store/store.h"

struct error;

struct mode_findings {
    bool readable_by_all;
    bool modeless; /* writable by all, on a file system that has no modes */
};

/* Checks the file or folder that is open as `fd`, and adds to *findings. Messages call it `path`. Returns 0, or -1 with
 * ERROR_REFUSED. */
int store_check_mode(const struct store *store, int fd, const char *path, const struct stat *status,
                     struct mode_findings *findings, struct error *err);

/* Opens `name` in `directory`, which must be a regular file and no link, reads it whole behind *text, and
 * checks its mode. Messages call it `path`.
 * Returns the descriptor; -1 with ERROR_NONE where it is missing; -1 as store_read does. */
int store_open_file(const struct store *store, int directory, const char *name, const char *path,
                    struct stat *status, struct secret *text, struct mode_findings *findings,
                    struct error *err);
