/* Checks that other users cannot replace a file or folder of the store: its owner and its mode.
 *
 * Owner: this user, root or the owner of the store (NFS maps root to nobody). Any owner is accepted if the store is
 * writable for a group of this user and the file has that group: containers with arbitrary uids and group 0, each
 * of which could replace the file anyway. An owner of 65534, because this user namespace does not map the uid, is
 * accepted as the store's owner only if no other user may write to the store.
 *
 * Mode: write permission for all users is refused. A group with write permission must be 0, a group of this user
 * or the store's group: kubelet changes 0600 to 0660 at each mount with an fsGroup. */
#pragma once

#include <stdbool.h>

#include "store/store.h"

struct error;

struct mode_findings {
    bool readable_by_all;
    bool modeless; /* writable for all users, on a file system without modes */
};

/* Checks the file or folder that is open as `fd`, and adds to *findings. Messages show `path`. Returns 0, or -1
 * with ERROR_REFUSED. */
int store_check_mode(const struct store *store, int fd, const char *path, const struct stat *status,
                     struct mode_findings *findings, struct error *err);

/* Opens the regular file `name` in `directory`, reads it into *text and checks its owner and mode. A symbolic link
 * is refused. Messages show `path`.
 * Returns the descriptor; -1 with ERROR_NONE if the file is missing; else -1 with the errors of store_read. */
int store_open_file(const struct store *store, int directory, const char *name, const char *path,
                    struct stat *status, struct secret *text, struct mode_findings *findings,
                    struct error *err);
