#include "store/judge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "base/access.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "store/owner.h"

int store_judge(const struct store *store, int fd, const struct stat *status,
                struct judgement *judgement, struct error *err)
{
    uid_t owner = status->st_uid;
    bool shared = (store->status.st_mode & 0020) && status->st_gid == store->status.st_gid &&
                  access_is_our_group(status->st_gid) && !access_is_unmapped_gid(status->st_gid);
    bool is_stores = owner == store->status.st_uid;
    if (is_stores && !shared && (store->status.st_mode & 0022) && owner != geteuid() &&
        access_is_unmapped_uid(owner)) {
        error_refused(err, "its owner is not known in this user namespace, and others than the "
                           "store's owner may write there");
        return store_hint_unmapped(err);
    }
    if (owner != 0 && !is_stores && !shared && owner != geteuid())
        return error_refused(err,
                             "belongs to uid %ju, who is neither us (%ju), nor root, nor the owner "
                             "of the store (%ju): whoever it is could exchange the key; if it is "
                             "right, chown it",
                             (uintmax_t)owner, (uintmax_t)geteuid(),
                             (uintmax_t)store->status.st_uid);

    bool modeless = (status->st_mode & 0002) && access_has_one_mode(fd);
    if ((status->st_mode & 0002) && !modeless)
        return error_refused(err, "can be written by everybody (mode %03o); chmod o-w it",
                             (unsigned)status->st_mode & 0777);
    if ((status->st_mode & 0020) && !modeless && status->st_gid != 0 &&
        status->st_gid != store->status.st_gid && !access_is_our_group(status->st_gid))
        return error_refused(err,
                             "can be written by group %ju, which is not 0, not one of ours and not "
                             "the store's; chmod g-w it",
                             (uintmax_t)status->st_gid);
    judgement->modeless |= modeless;
    judgement->readable_by_all |= (status->st_mode & 0004) && !modeless;
    return 0;
}

int store_open_file(const struct store *store, int directory, const char *name, const char *path,
                    struct stat *status, struct secret *text, struct judgement *judgement,
                    struct error *err)
{
    *err = (struct error){0};
    secret_free(text);
    _cleanup_close_ int fd = file_open(directory, name, O_NOFOLLOW, path, status, err);
    /* ESTALE is a network file system's cache. Where the file is there after all, making it will find
     * that out. */
    if (fd < 0 && (err->errnum == ENOENT || err->errnum == ESTALE)) {
        err->kind = ERROR_NONE;
        return -1;
    }
    if (fd < 0 && err->errnum == ELOOP)
        return error_refused(err, "%s: is a symbolic link, which a store file must not be", path);
    if (fd < 0 || file_read(fd, path, STORE_MOST, text, err) < 0)
        return -1;
    if (store_judge(store, fd, status, judgement, err) < 0)
        return error_within(err, "%s", path);
    int opened = fd;
    fd = -1;
    return opened;
}
