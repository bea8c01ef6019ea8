/* Whether a file or folder of the store is safe from strangers: its owner and its mode.
 *
 * Owned by us, by root or by the owner of the store (NFS maps root to nobody), or by anybody where a
 * group of ours may write to the store and it is that group's (arbitrary uids with group 0: each of them
 * could replace it anyway); not writable for everybody. An owner who shows as 65534 because this user namespace does not map
 * him passes for the store's only where nobody else may write to the store. Group-writable is accepted where the group is 0,
 * one of ours or the store's: kubelet makes 0660 of 0600 at each mount with an fsGroup. */
#pragma once

#include <stdbool.h>

#include "store/store.h"

struct error;

struct mode_findings {
    bool readable_by_all;
    bool modeless; /* writable by all, on a file system that has no modes */
};

/* Judges what `fd` has open, adding to *findings. Returns 0, or -1 with ERROR_REFUSED, to be read behind
 * the name. */
int store_check_mode(const struct store *store, int fd, const struct stat *status,
                     struct mode_findings *findings, struct error *err);

/* Opens `name` in `directory`, which must be a regular file and no link, reads it whole behind *text, and
 * checks its mode. Messages call it `path`.
 * Returns the descriptor; -1 with ERROR_NONE where it is missing; -1 as store_read does. */
int store_open_file(const struct store *store, int directory, const char *name, const char *path,
                    struct stat *status, struct secret *text, struct mode_findings *findings,
                    struct error *err);
