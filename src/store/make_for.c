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

/* The directory in which it is made, and its names there. */
struct making {
    int parent;
    const char *name;
    char temporary[NAME_MAX + 1];
};

static void drop_making(const struct making *making)
{
    if (making->parent >= 0)
        unlinkat(making->parent, making->temporary, AT_REMOVEDIR);
    cleanup_close(&making->parent);
}
#define _cleanup_making_ _cleanup_(drop_making)

/* Splits it at the last slash, and makes what is missing above. */
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

/* Whether it is theirs, and of no other user. */
static bool hand_over(int fd, mode_t mode, uid_t uid, gid_t gid)
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
    char place[PATH_MAX];
    if (lstat(path, &status) == 0 || trusted_path(path, place) != TRUSTED_MISSING)
        return false;

    _cleanup_making_ struct making making = {.parent = -1, .name = strrchr(place, '/') + 1};
    mode_t whole = store_directory_mode(mode);
    int length = snprintf(making.temporary, sizeof making.temporary, ".%s.fernit.%ju.%ju.%03o",
                          making.name, (uintmax_t)uid, (uintmax_t)gid, (unsigned)whole);
    if (length < 0 || (size_t)length >= sizeof making.temporary)
        return false;
    making.parent = open_parent(place, &ignored);
    if (making.parent < 0 ||
        (mkdirat(making.parent, making.temporary, 0700) < 0 && errno != EEXIST))
        return false;

    _cleanup_close_ int fd =
        openat(making.parent, making.temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && hand_over(fd, whole, uid, gid) &&
           file_sync_directory(fd, path, &ignored) == 0 &&
           file_publish_folder(making.parent, making.temporary, making.name) &&
           file_sync_directory(making.parent, path, &ignored) == 0;
}
