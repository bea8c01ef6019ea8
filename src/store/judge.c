#include "store/judge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/access.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "store/owner.h"

static bool is_our_group(gid_t group)
{
    if (group == getegid())
        return true;
    int count = getgroups(0, NULL);
    _cleanup_free_ gid_t *groups = calloc((size_t)(count > 0 ? count : 1), sizeof *groups);
    count = groups ? getgroups(count, groups) : 0;
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

/* File systems that show one mode for all their files, whatever was asked for. */
static bool has_one_mode(int fd)
{
    static const unsigned long types[] = {
        0xff534d42, 0xfe534d42, 0x517b, /* CIFS, SMB2, SMB */
        0x01021997,                     /* 9p */
        0x65735546,                     /* FUSE */
        0x4d44,     0x2011bab0,         /* FAT, exFAT */
        0x786f4256,                     /* VirtualBox folders */
    };
    struct statfs status;
    if (fstatfs(fd, &status) < 0)
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (((unsigned long)status.f_type & 0xffffffffUL) == types[i])
            return true;
    return false;
}

int store_judge(const struct store *store, int fd, const struct stat *status,
                struct judgement *judgement, struct error *err)
{
    uid_t owner = status->st_uid;
    bool shared = (store->status.st_mode & 0020) && status->st_gid == store->status.st_gid &&
                  is_our_group(status->st_gid) && !access_is_unmapped_gid(status->st_gid);
    bool is_stores = owner == store->status.st_uid;
    if (is_stores && owner != geteuid() && !shared && (store->status.st_mode & 0022) &&
        access_is_unmapped_uid(owner)) {
        error_refused(err, "its owner is not known in this user namespace, and others than the "
                           "store's owner may write there");
        return store_hint_unmapped(err);
    }
    if (owner != geteuid() && owner != 0 && !is_stores && !shared)
        return error_refused(err,
                             "belongs to uid %ju, who is neither us (%ju), nor root, nor the owner "
                             "of the store (%ju): whoever it is could exchange the key; if it is "
                             "right, chown it",
                             (uintmax_t)owner, (uintmax_t)geteuid(),
                             (uintmax_t)store->status.st_uid);

    bool modeless = (status->st_mode & 0002) && has_one_mode(fd);
    if ((status->st_mode & 0002) && !modeless)
        return error_refused(err, "can be written by everybody (mode %03o); chmod o-w it",
                             (unsigned)status->st_mode & 0777);
    if ((status->st_mode & 0020) && !modeless && status->st_gid != 0 &&
        status->st_gid != store->status.st_gid && !is_our_group(status->st_gid))
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
