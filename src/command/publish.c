#include "command/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#define TEMPORARY ".fernit.tmp."

/* Each time another process must have swept the temporary just then. */
enum { TRIES = 100, CHUNK = 16 * 1024 };

struct placing {
    int folder;
    const char *name;
    const char *path;
    mode_t mode;
    char *bytes;
    size_t length;
};

static void unmap(const struct placing *placing)
{
    if (placing->bytes)
        munmap(placing->bytes, placing->length);
}
#define _cleanup_placing_ _cleanup_(unmap)

int publish_open(const char *folder, struct error *err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    int fd = open(folder, flags);
    if (fd < 0 && errno == ENOENT) {
        if (file_make_directory(folder, 0, err) < 0)
            return -1;
        fd = open(folder, flags);
    }
    if (fd < 0)
        return error_sys(err, "%s", folder);
    flock(fd, LOCK_SH | LOCK_NB);
    return fd;
}

/* NULL: it cannot be, and *err says why. */
static char *map(int source, const char *path, size_t *length, struct error *err)
{
    struct stat status;
    if (fstat(source, &status) < 0) {
        error_sys(err, "%s: what is to be put there cannot be looked at", path);
    } else if (status.st_size <= 0) {
        error_input(err, "%s: what is to be put there is empty", path);
    } else {
        *length = (size_t)status.st_size;
        char *bytes = mmap(NULL, *length, PROT_READ, MAP_PRIVATE, source, 0);
        if (bytes != MAP_FAILED)
            return bytes;
        error_sys(err, "%s: what is to be put there cannot be read", path);
    }
    return NULL;
}

/* By read(2), since a mapping of what others may cut short could kill us. */
static bool holds(int fd, const char *bytes, size_t length)
{
    char chunk[CHUNK];
    for (size_t at = 0; at < length;) {
        ssize_t count = read(fd, chunk, sizeof chunk);
        if (count <= 0 || (size_t)count > length - at ||
            memcmp(chunk, bytes + at, (size_t)count) != 0)
            return false;
        at += (size_t)count;
    }
    return true;
}

/* What cannot be read is another file. */
static bool is_there(const struct placing *placing)
{
    struct stat status;
    _cleanup_close_ int fd = openat(placing->folder, placing->name,
                                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
           (status.st_mode & 07777) == placing->mode && status.st_size == (off_t)placing->length &&
           holds(fd, placing->bytes, placing->length);
}

static int fill(const struct placing *placing, int fd, struct error *err)
{
    struct stat status;
    int changed = fchmod(fd, placing->mode);
    if (fstat(fd, &status) < 0)
        return error_sys(err, "%s: cannot be looked at", placing->path);
    /* A file system that sets no modes, or has one for all files, may be right all the same. */
    if ((status.st_mode & placing->mode) != placing->mode) {
        if (changed < 0)
            return error_sys(err, "%s: cannot set its mode", placing->path);
        error_refused(err, "%s: cannot get mode %04o on this file system", placing->path,
                      (unsigned)placing->mode);
        return error_hint(err, "name a folder on another file system");
    }
    if (file_write(fd, placing->path, placing->bytes, placing->length, err) < 0)
        return -1;
    return fsync(fd) < 0 ? error_sys(err, "%s: cannot be synced to disk", placing->path) : 0;
}

/* Returns 1 where there are no files without a name here, or no way to give them one: it needs /proc. */
static int make_unnamed(const struct placing *placing, char temporary[FILE_TEMPORARY_NAME],
                        struct error *err)
{
    char link[32];
    _cleanup_close_ int fd =
        openat(placing->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, placing->mode);
    if (fd < 0)
        return 1;
    if (fill(placing, fd, err) < 0)
        return -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (file_temporary_name(TEMPORARY, temporary, err) < 0)
        return -1;
    return linkat(AT_FDCWD, link, placing->folder, temporary, AT_SYMLINK_FOLLOW) < 0;
}

static int make_named(const struct placing *placing, char temporary[FILE_TEMPORARY_NAME],
                      struct error *err)
{
    if (file_temporary_name(TEMPORARY, temporary, err) < 0)
        return -1;
    _cleanup_close_ int fd =
        openat(placing->folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
               placing->mode);
    if (fd < 0)
        return error_sys(err, "%s: cannot be created", placing->path);
    if (fill(placing, fd, err) == 0)
        return 0;
    unlinkat(placing->folder, temporary, 0);
    return -1;
}

static int replace(const struct placing *placing, const char *temporary, struct error *err)
{
    if (renameat(placing->folder, temporary, placing->folder, placing->name) == 0)
        return 0;
    error_sys(err, "%s: cannot be put in place", placing->path);
    unlinkat(placing->folder, temporary, 0);
    switch (err->errnum) {
    case EISDIR:
        return error_advise(err, "remove it, or name another folder");
    case EBUSY:
        return error_advise(err, "it is mounted there by itself: mount its folder instead");
    case EPERM:
        return error_advise(err, "another user owns it: remove it, or run this as that user");
    default:
        return -1;
    }
}

static int put(const struct placing *placing, struct error *err)
{
    char temporary[FILE_TEMPORARY_NAME];
    int made = make_unnamed(placing, temporary, err);
    if (made > 0)
        made = make_named(placing, temporary, err);
    return made < 0 ? -1 : replace(placing, temporary, err);
}

/* ESTALE: by another host, while we were writing to it, on NFS. */
static bool is_swept(const struct error *err)
{
    return err->errnum == ENOENT || err->errnum == ESTALE;
}

int publish_copy(int folder, const char *name, const char *path, int source, mode_t mode,
                 struct error *err)
{
    _cleanup_placing_ struct placing placing = {
        .folder = folder, .name = name, .path = path, .mode = mode};
    placing.bytes = map(source, path, &placing.length, err);
    if (!placing.bytes)
        return -1;
    if (is_there(&placing))
        return PUBLISHED_ALREADY;
    int done = put(&placing, err);
    for (int again = 0; done < 0 && is_swept(err) && again < TRIES; again++)
        done = put(&placing, err);
    if (done < 0 || file_sync_directory(folder, path, err) < 0)
        return -1;
    return PUBLISHED_NOW;
}

static void sweep_one(const char *entry, void *context)
{
    const int *folder = context;
    if (file_is_temporary(entry, TEMPORARY))
        file_sweep(*folder, entry);
}

void publish_sweep(int folder)
{
    struct error ignored;
    if (flock(folder, LOCK_EX | LOCK_NB) == 0)
        file_list(folder, sweep_one, &folder, &ignored);
}
