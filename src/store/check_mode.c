#include "store/check_mode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "base/access.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "store/owner.h"

#define FIND_OUT "find out who wrote it: another user can have replaced the key"

static int check_owner(const struct store *store, const char *path, const struct stat *status,
                       struct error *err)
{
    uid_t owner = status->st_uid;
    bool shared = (store->status.st_mode & 0020) && status->st_gid == store->status.st_gid &&
                  access_is_our_group(status->st_gid) && !access_is_unmapped_gid(status->st_gid);
    bool is_store_owner = owner == store->status.st_uid;
    if (is_store_owner && !shared && (store->status.st_mode & 0022) && owner != geteuid() &&
        access_is_unmapped_uid(owner)) {
        error_refused(
            err,
            "%s: its owner is not known in this user namespace, and other users may write there",
            path);
        error_id(err, "store-owner");
        return store_hint_unmapped(err);
    }
    if (owner != 0 && !is_store_owner && !shared && owner != geteuid()) {
        uid_t us = geteuid();
        uid_t stores = store->status.st_uid;
        bool is_third = stores != 0 && stores != us;
        error_refused(err, "%s: is owned by uid %ju, and only root%s%s may own it", path,
                      (uintmax_t)owner,
                      us == 0    ? ""
                      : is_third ? ", this user"
                                 : " or this user",
                      is_third ? " or the store's owner" : "");
        error_id(err, "unsafe-file");
        error_hint(err, FIND_OUT);
        return error_hint(err, "if the key is right: chown %ju %s",
                          (uintmax_t)(us == 0 ? stores : us), path);
    }
    return 0;
}

int store_check_mode(const struct store *store, int fd, const char *path, const struct stat *status,
                     struct mode_findings *findings, struct error *err)
{
    if (check_owner(store, path, status, err) < 0)
        return -1;
    bool modeless = (status->st_mode & 0002) && access_has_one_mode(fd);
    if ((status->st_mode & 0002) && !modeless) {
        error_refused(err, "%s: can be written by every user (mode %03o)", path,
                      (unsigned)status->st_mode & 0777);
        error_id(err, "unsafe-file");
        return error_hint(err, FIND_OUT "\nchmod o-w %s", path);
    }
    if ((status->st_mode & 0020) && !modeless && status->st_gid != 0 &&
        status->st_gid != store->status.st_gid && !access_is_our_group(status->st_gid)) {
        error_refused(
            err,
            "%s: can be written by group %ju, which is not 0, not the store's and not of this user",
            path, (uintmax_t)status->st_gid);
        error_id(err, "unsafe-file");
        return error_hint(err, FIND_OUT "\nchmod g-w %s", path);
    }
    findings->modeless |= modeless;
    findings->readable_by_all |= (status->st_mode & 0004) && !modeless;
    return 0;
}

int store_open_file(const struct store *store, int directory, const char *name, const char *path,
                    struct stat *status, struct secret *text, struct mode_findings *findings,
                    struct error *err)
{
    *err = (struct error){0};
    secret_free(text);
    _cleanup_close_ int fd = file_open(directory, name, O_NOFOLLOW, path, status, err);
    /* ESTALE: a network file system's cache is out of date. If the file exists after all, creating it will fail. */
    if (fd < 0 && (err->errnum == ENOENT || err->errnum == ESTALE)) {
        err->kind = ERROR_NONE;
        return -1;
    }
    if (fd < 0 && err->errnum == ELOOP) {
        error_refused(err, "%s: is a symbolic link, which a store file must not be", path);
        return error_id(err, "unsafe-file");
    }
    if (fd < 0 || file_read(fd, path, STORE_MOST, text, err) < 0 ||
        store_check_mode(store, fd, path, status, findings, err) < 0)
        return -1;
    return cleanup_keep(&fd);
}
