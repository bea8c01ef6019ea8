#include "command/install_file.h"

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

/* Another process has to remove the temporary file that many times before the copy fails. */
enum { TRIES = 100, CHUNK = 16 * 1024 };

struct installation {
    int folder;
    const char *name;
    const char *path;
    mode_t mode;
    char *bytes;
    size_t length;
};

static void unmap(const struct installation *file)
{
    if (file->bytes)
        munmap(file->bytes, file->length);
}
#define _cleanup_installation_ _cleanup_(unmap)

int install_open_folder(const char *folder, struct error *err)
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

/* Maps the source into memory. Returns NULL with *err if that fails. */
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

/* With read(2): if another process truncated a mapped file, SIGBUS would end fernit. */
static bool has_bytes(int fd, const char *bytes, size_t length)
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

/* Whether the folder has the file already, with its mode. A file that cannot be read is replaced. */
static bool is_installed(const struct installation *file)
{
    struct stat status;
    _cleanup_close_ int fd =
        openat(file->folder, file->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
           (status.st_mode & 07777) == file->mode && status.st_size == (off_t)file->length &&
           has_bytes(fd, file->bytes, file->length);
}

static int write_bytes(const struct installation *file, int fd, struct error *err)
{
    struct stat status;
    int changed = fchmod(fd, file->mode);
    if (fstat(fd, &status) < 0)
        return error_sys(err, "%s: cannot be looked at", file->path);
    /* fchmod fails on a file system with one mode for all files, but that mode may be enough. */
    if ((status.st_mode & file->mode) != file->mode) {
        if (changed < 0)
            return error_sys(err, "%s: cannot set its mode", file->path);
        error_refused(err, "%s: cannot get mode %04o on this file system", file->path,
                      (unsigned)file->mode);
        return error_hint(err, "name a folder on another file system");
    }
    if (file_write(fd, file->path, file->bytes, file->length, err) < 0)
        return -1;
    return fsync(fd) < 0 ? error_sys(err, "%s: cannot be synced to disk", file->path) : 0;
}

/* Returns 1 if the file system has no files without a name, or if there is no /proc, through which they get one. */
static int write_unnamed(const struct installation *file, char temporary[FILE_TEMPORARY_NAME],
                         struct error *err)
{
    char link[32];
    _cleanup_close_ int fd =
        openat(file->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, file->mode);
    if (fd < 0)
        return 1;
    if (write_bytes(file, fd, err) < 0)
        return -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (file_temporary_name(TEMPORARY, temporary, err) < 0)
        return -1;
    return linkat(AT_FDCWD, link, file->folder, temporary, AT_SYMLINK_FOLLOW) < 0;
}

static int write_named(const struct installation *file, char temporary[FILE_TEMPORARY_NAME],
                       struct error *err)
{
    if (file_temporary_name(TEMPORARY, temporary, err) < 0)
        return -1;
    _cleanup_close_ int fd = openat(
        file->folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file->mode);
    if (fd < 0)
        return error_sys(err, "%s: cannot be created", file->path);
    if (write_bytes(file, fd, err) == 0)
        return 0;
    unlinkat(file->folder, temporary, 0);
    return -1;
}

static int replace(const struct installation *file, const char *temporary, struct error *err)
{
    if (renameat(file->folder, temporary, file->folder, file->name) == 0)
        return 0;
    error_sys(err, "%s: cannot be put in place", file->path);
    unlinkat(file->folder, temporary, 0);
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

static int install(const struct installation *file, struct error *err)
{
    char temporary[FILE_TEMPORARY_NAME];
    int written = write_unnamed(file, temporary, err);
    if (written > 0)
        written = write_named(file, temporary, err);
    return written < 0 ? -1 : replace(file, temporary, err);
}

/* Whether another process removed the temporary file. ESTALE: another host did, on NFS. */
static bool is_swept(const struct error *err)
{
    return err->errnum == ENOENT || err->errnum == ESTALE;
}

int install_file(int folder, const char *name, const char *path, int source, mode_t mode,
                 struct error *err)
{
    _cleanup_installation_ struct installation file = {
        .folder = folder, .name = name, .path = path, .mode = mode};
    file.bytes = map(source, path, &file.length, err);
    if (!file.bytes)
        return -1;
    if (is_installed(&file))
        return INSTALLED_ALREADY;
    int done = install(&file, err);
    for (int again = 0; done < 0 && is_swept(err) && again < TRIES; again++)
        done = install(&file, err);
    if (done < 0 || file_sync_directory(folder, path, err) < 0)
        return -1;
    return INSTALLED_NOW;
}

static void sweep_one(const char *entry, void *context)
{
    const int *folder = context;
    if (file_is_temporary(entry, TEMPORARY))
        file_sweep(*folder, entry);
}

void install_sweep(int folder)
{
    struct error ignored;
    if (flock(folder, LOCK_EX | LOCK_NB) == 0)
        file_list(folder, sweep_one, &folder, &ignored);
}
