#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/access.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

static void count_name(const char *entry, void *context)
{
    size_t *count = context;
    *count += strcmp(entry, ".") != 0 && strcmp(entry, "..") != 0;
}

int file_check_new_folder(int folder, const struct stat *parent, const char *path,
                          struct error *err)
{
    struct stat status;
    size_t count = 0;
    if (fstat(folder, &status) < 0)
        return error_sys(err, "%s: cannot be created", path);
    if (file_list(folder, count_name, &count, err) < 0)
        return error_within(err, "%s", path);
    bool is_parents = status.st_uid == parent->st_uid && status.st_gid == parent->st_gid;
    if (count == 0 && (status.st_uid == geteuid() || is_parents))
        return 0;
    error_refused(err, "%s: another folder took its place while fernit created it", path);
    return error_hint(err, "start again");
}

/* Gives a folder that root created to the owner of the folder above it. */
static int give_to_owner(int parent, const char *path, const char *name, struct error *err)
{
    struct stat above;
    struct stat own;
    struct access access;
    _cleanup_close_ int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &own) < 0 || fstat(parent, &above) < 0)
        return error_sys(err, "%s: cannot be created", path);
    /* Not root's: the file system gives every file to one user, as an access point of Amazon EFS does. */
    if (own.st_uid != 0)
        return 0;
    if (file_check_new_folder(fd, &above, path, err) < 0)
        return -1;
    access_new(&above, own.st_mode, &access);
    access.is_folder = true;
    if (access_set(fd, &access, path, err) < 0)
        return -1;
    return access_check_owner(fd, &access, false, path, err);
}

static bool is_free(int parent, const char *name)
{
    struct stat status;
    return fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

bool file_publish_folder(int parent, const char *temporary, const char *name)
{
    if (renameat2(parent, temporary, parent, name, RENAME_NOREPLACE) == 0)
        return true;
    if (!file_noreplace_is_impossible(errno))
        return false;
    /* A plain rename replaces an empty directory, but not one that is in use. */
    if (is_free(parent, name))
        return renameat(parent, temporary, parent, name) == 0;
    errno = EEXIST;
    return false;
}

static int open_parent(const char *path, const char *slash)
{
    char parent[PATH_MAX] = ".";
    if (slash)
        snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Creates it with its final mode: a later chmod could hit another folder. */
static int make_with_mode(const char *path, mode_t mode)
{
    if (mode == 0)
        return mkdir(path, 0755);
    mode_t saved = umask(0);
    int made = mkdir(path, mode);
    umask(saved);
    return made;
}

/* It gets its final name after its owner is set: a start at the same moment would see a folder of root's. */
static int make_for_owner(int parent, const char *path, const char *name, mode_t mode,
                          struct error *err)
{
    char temporary[FILE_TEMPORARY_NAME];
    char whole[PATH_MAX + FILE_TEMPORARY_NAME];
    if (!is_free(parent, name))
        return 0;
    if (file_temporary_name(".fernit.new.", temporary, err) < 0)
        return -1;
    snprintf(whole, sizeof whole, "%.*s%s", (int)(name - path), path, temporary);
    if (make_with_mode(whole, mode) < 0)
        return error_sys(err, "%s: cannot create this directory", path);
    int made = give_to_owner(parent, path, temporary, err);
    if (made == 0 && file_publish_folder(parent, temporary, name))
        return 0;
    if (made == 0 && errno != EEXIST && errno != ENOTEMPTY)
        made = error_sys(err, "%s: cannot create this directory", path);
    unlinkat(parent, temporary, AT_REMOVEDIR);
    return made;
}

static bool is_of_another_user(int folder)
{
    struct stat status;
    return fstat(folder, &status) == 0 && (status.st_uid != 0 || status.st_gid != 0);
}

/* Creates one directory and makes its name durable. It may exist already. */
static int make_one(const char *path, mode_t mode, struct error *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    _cleanup_close_ int parent = geteuid() == 0 ? open_parent(path, slash) : -1;
    if (parent >= 0 && is_of_another_user(parent)) {
        if (make_for_owner(parent, path, name, mode, err) < 0)
            return -1;
    } else if (make_with_mode(path, mode) < 0) {
        return errno == EEXIST ? 0 : error_sys(err, "%s: cannot create this directory", path);
    }
    parent = parent < 0 ? open_parent(path, slash) : parent;
    if (parent >= 0)
        return file_sync_directory(parent, path, err);
    /* A parent that is searchable but not readable allows mkdir(2), but cannot be opened for its fsync. */
    return errno == EACCES ? 0 : error_sys(err, "%s: cannot sync its name to disk", path);
}

int file_make_directory(const char *path, mode_t mode, struct error *err)
{
    char whole[PATH_MAX];
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length >= sizeof whole) {
        errno = ENAMETOOLONG;
        return error_sys(err, "%s", path);
    }
    memcpy(whole, path, length);
    whole[length] = '\0';

    if (make_one(whole, mode, err) == 0)
        return 0;
    char *slash = strrchr(whole, '/');
    if (err->kind != ERROR_SYSTEM || err->errnum != ENOENT || !slash || slash == whole)
        return -1;
    *slash = '\0';
    if (file_make_directory(whole, 0, err) < 0)
        return -1;
    *slash = '/';
    return make_one(whole, mode, err);
}

/* Whether the folder is on a file system of this kind, on which no user can create files. Sets errno. */
static bool is_on(long kind, int errnum, const char *folder)
{
    struct statfs status;
    if (statfs(folder, &status) < 0 || (long)status.f_type != kind)
        return false;
    errno = errnum;
    return true;
}

/* Checks the directory itself, or the nearest one above it that exists. */
bool file_folder_is_writable(const char *path)
{
    enum { PROC = 0x9fa0, SYSFS = 0x62656572 }; /* statfs(2) */
    char nearest[PATH_MAX];
    /* With "/." access(2) fails for a file in the folder's place. */
    snprintf(nearest, sizeof nearest, "%s/.", path);
    for (char *at = nearest; at; at = dirname(at)) {
        if (is_on(PROC, ENOENT, at))
            return false;
        if (access(at, W_OK | X_OK) == 0)
            return !is_on(SYSFS, EPERM, at);
        if (errno != ENOENT || strcmp(at, "/") == 0 || strcmp(at, ".") == 0)
            return false;
    }
    return false;
}

/* The first directory of the path that is missing, and its parent. */
static void find_missing(const char *path, char first[PATH_MAX], char above[PATH_MAX])
{
    snprintf(first, PATH_MAX, "%s", path);
    snprintf(above, PATH_MAX, "%s", path);
    while (access(dirname(above), F_OK) < 0 && errno == ENOENT)
        memcpy(first, above, PATH_MAX);
}

int file_make_directory_foresee(const char *path, mode_t mode, struct error *err)
{
    char first[PATH_MAX];
    char above[PATH_MAX];
    struct stat status;
    struct access access;
    bool is_possible = file_folder_is_writable(path);
    int errnum = errno;
    find_missing(path, first, above);
    errno = errnum;
    if (!is_possible)
        return error_sys(err, "%s: cannot create this directory", first);
    if (geteuid() != 0 || stat(above, &status) < 0 || (status.st_uid == 0 && status.st_gid == 0))
        return 0;
    access_new(&status, mode != 0 && strcmp(first, path) == 0 ? mode : 0755, &access);
    access.is_folder = true;
    return access_foresee(&access, false, first, err);
}
