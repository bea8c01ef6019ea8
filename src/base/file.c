#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/random.h"

static const char *kind_of(mode_t mode)
{
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISFIFO(mode))
        return "a FIFO";
    if (S_ISSOCK(mode))
        return "a socket";
    return "a device";
}

int file_open(int directory, const char *name, int flags, const char *path, struct stat *status,
              struct error *err)
{
    /* O_NONBLOCK: opening a FIFO would wait for its writer; it has no effect on a regular file. */
    _cleanup_close_ int fd =
        openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
    if (fd < 0)
        return error_sys(err, "%s", path);
    if (fstat(fd, status) < 0)
        return error_sys(err, "%s: cannot be looked at", path);
    if (!S_ISREG(status->st_mode))
        return error_input(err, "%s: is %s, not a file", path, kind_of(status->st_mode));

    return cleanup_keep(&fd);
}

/* One read, of at most the room that *text has. Returns the count, 0 at the end of the file, or -1. */
static ssize_t read_into(int fd, const char *path, size_t most, struct secret *text,
                         struct error *err)
{
    ssize_t count;
    do {
        count = read(fd, text->bytes + text->length, most);
    } while (count < 0 && errno == EINTR);
    if (count < 0)
        return error_sys(err, "%s: cannot be read", path);
    text->length += (size_t)count;
    text->bytes[text->length] = '\0';
    return count;
}

int file_read_some(int fd, const char *path, size_t most, struct secret *text, struct error *err)
{
    if (secret_reserve(text, text->length + most, err) < 0)
        return -1;
    return read_into(fd, path, most, text, err) < 0 ? -1 : 0;
}

int file_read(int fd, const char *path, size_t most, struct secret *text, struct error *err)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return error_sys(err, "%s: cannot be looked at", path);
    size_t expected = status.st_size > 0 ? (size_t)status.st_size : 0;
    if (expected > most)
        return error_input(err, "%s: is larger than %zu bytes", path, most);

    /* One byte more than expected, so that the read that finds the end needs no more memory. */
    size_t start = text->length;
    if (secret_reserve(text, start + expected + 1, err) < 0)
        return -1;
    for (;;) {
        if (text->length == text->capacity && secret_reserve(text, text->capacity * 2, err) < 0)
            return -1;
        ssize_t count = read_into(fd, path, text->capacity - text->length, text, err);
        if (count < 0)
            return -1;
        if (text->length - start > most)
            return error_input(err, "%s: is larger than %zu bytes", path, most);
        if (count == 0)
            return 0;
    }
}

int file_write(int fd, const char *path, const void *bytes, size_t length, struct error *err)
{
    const char *from = bytes;
    while (length > 0) {
        ssize_t count = write(fd, from, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_sys(err, "%s: cannot be written", path);
        from += count;
        length -= (size_t)count;
    }
    return 0;
}

int file_temporary_name(const char *prefix, char name[FILE_TEMPORARY_NAME], struct error *err)
{
    uint64_t number;
    if (random_fill(&number, sizeof number, err) < 0)
        return -1;
    snprintf(name, FILE_TEMPORARY_NAME, "%s%016llx", prefix, (unsigned long long)number);
    return 0;
}

int file_temporary(int directory, const char *prefix, char name[FILE_TEMPORARY_NAME],
                   struct error *err)
{
    if (file_temporary_name(prefix, name, err) < 0)
        return -1;
    int fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_sys(err, "cannot create a temporary file");
    return fd;
}

bool file_is_temporary(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);
    const char *random = name + length;
    return strncmp(name, prefix, length) == 0 && strspn(random, "0123456789abcdef") == 16 &&
           random[16] == '\0';
}

void file_sweep(int directory, const char *name)
{
    struct stat folder;
    struct stat status;
    if (fstat(directory, &folder) == 0 &&
        fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
        (status.st_uid == geteuid() || status.st_uid == 0 || status.st_uid == folder.st_uid))
        unlinkat(directory, name, 0);
}

int file_publish(int directory, char temporary[FILE_TEMPORARY_NAME], const char *name)
{
    int done = renameat2(directory, temporary, directory, name, RENAME_NOREPLACE);
    if (done < 0 && file_noreplace_is_impossible(errno)) {
        done = linkat(directory, temporary, directory, name, 0);
        if (done == 0)
            unlinkat(directory, temporary, 0);
    }
    if (done == 0)
        *temporary = '\0';
    return done;
}

/* What getdents64(2) writes. Used directly, since opendir(3) needs another descriptor and the heap. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

int file_list(int directory, void (*visit)(const char *name, void *context), void *context,
              struct error *err)
{
    _Alignas(struct entry) char buffer[2048];
    if (lseek(directory, 0, SEEK_SET) < 0)
        return error_sys(err, "cannot be listed");
    for (;;) {
        long count = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
        if (count < 0)
            return error_sys(err, "cannot be listed");
        if (count == 0)
            return 0;
        for (long at = 0; at < count;) {
            const struct entry *entry = (const struct entry *)(const void *)(buffer + at);
            visit(entry->name, context);
            at += entry->size;
        }
    }
}

int file_sync_directory(int directory, const char *path, struct error *err)
{
    if (fsync(directory) == 0 || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS ||
        errno == EBADF)
        return 0;
    return error_sys(err, "%s: cannot sync its names to disk", path);
}

/* Opens the parent directory if it is on the same file system and this user may read it, else -1. */
static int open_above(int directory)
{
    struct stat here;
    struct stat there;
    _cleanup_close_ int fd = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(directory, &here) < 0 || fstat(fd, &there) < 0 ||
        here.st_dev != there.st_dev || here.st_ino == there.st_ino)
        return -1;
    return cleanup_keep(&fd);
}

int file_sync_above(int directory, const char *path, struct error *err)
{
    _cleanup_close_ int fd = open_above(directory);
    while (fd >= 0) {
        if (file_sync_directory(fd, path, err) < 0)
            return -1;
        int above = open_above(fd);
        cleanup_close(&fd);
        fd = above;
    }
    return 0;
}

bool file_is_immutable(int directory, const char *name)
{
    return faccessat(directory, name, W_OK, 0) < 0 && errno == EPERM;
}

bool file_link_is_impossible(int errnum)
{
    return errnum == EPERM || errnum == EOPNOTSUPP || errnum == ENOSYS || errnum == EMLINK ||
           errnum == EXDEV;
}

bool file_noreplace_is_impossible(int errnum)
{
    return errnum == EINVAL || errnum == ENOSYS || errnum == EOPNOTSUPP;
}
