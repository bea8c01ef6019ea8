#include "store/make_for.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/access.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/trusted.h"
#include "store/store.h"

/* The parent directory, and the folder's two names in it. */
struct new_store {
    int parent;
    const char *name;
    char temporary[NAME_MAX + 1];
};

static void close_new_store(const struct new_store *folder)
{
    if (folder->parent >= 0)
        unlinkat(folder->parent, folder->temporary, AT_REMOVEDIR);
    cleanup_close(&folder->parent);
}
#define _cleanup_new_store_ _cleanup_(close_new_store)

/* Cuts the path at its last slash, creates the missing parents and opens the last one. */
static int open_parent(char *path, struct error *err)
{
    char *slash = strrchr(path, '/');
    const char *parent = slash == path ? "/" : path;
    mode_t saved = umask(022);
    *slash = '\0';
    int made = file_make_directory(parent, 0, err);
    umask(saved);
    return made < 0 ? -1 : open(parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Gives the folder to the user. Returns whether owner, group and mode are right afterwards. */
static bool give_to_user(int fd, mode_t mode, uid_t uid, gid_t gid)
{
    struct error ignored;
    struct stat status;
    const struct access access = {.mode = mode, .uid = uid, .gid = gid};
    return access_set(fd, &access, "the store", &ignored) == 0 && fstat(fd, &status) == 0 &&
           status.st_uid == uid && status.st_gid == gid && (status.st_mode & 0777) == mode;
}

bool store_make_for(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
    struct error ignored;
    struct stat status;
    char resolved[PATH_MAX];
    if (lstat(path, &status) == 0 || trusted_path(path, resolved) != TRUSTED_MISSING)
        return false;

    _cleanup_new_store_ struct new_store folder = {.parent = -1,
                                                   .name = strrchr(resolved, '/') + 1};
    mode_t whole = store_directory_mode(mode);
    int length = snprintf(folder.temporary, sizeof folder.temporary, ".%s.fernit.%ju.%ju.%03o",
                          folder.name, (uintmax_t)uid, (uintmax_t)gid, (unsigned)whole);
    if (length < 0 || (size_t)length >= sizeof folder.temporary)
        return false;
    folder.parent = open_parent(resolved, &ignored);
    if (folder.parent < 0 ||
        (mkdirat(folder.parent, folder.temporary, 0700) < 0 && errno != EEXIST))
        return false;

    _cleanup_close_ int fd =
        openat(folder.parent, folder.temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && give_to_user(fd, whole, uid, gid) &&
           file_sync_directory(fd, path, &ignored) == 0 &&
           file_publish_folder(folder.parent, folder.temporary, folder.name) &&
           file_sync_directory(folder.parent, path, &ignored) == 0;
}
