#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/access.h"
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
    /* O_NONBLOCK: a FIFO would keep us waiting for its writer; a regular file does not mind. */
    _cleanup_close_ int fd =
        openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
    if (fd < 0)
        return error_sys(err, "%s", path);
    if (fstat(fd, status) < 0)
        return error_sys(err, "%s: cannot be looked at", path);
    if (!S_ISREG(status->st_mode))
        return error_input(err, "%s: is %s, not a file", path, kind_of(status->st_mode));

    int opened = fd;
    fd = -1;
    return opened;
}

/* Once, at most what *text has room for. Returns the count, 0 at the end, or -1. */
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

    /* One byte more than expected: where nothing was added meanwhile, one read shows the end. */
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
        return error_sys(err, "cannot make a temporary file");
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

/* getdents64(2) with a buffer on the stack: opendir would cost another descriptor and the heap. */
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
    return error_sys(err, "%s: cannot make its names durable", path);
}

/* The directory above, on the same file system; -1: there is none that we may read. */
static int open_above(int directory)
{
    struct stat here;
    struct stat there;
    _cleanup_close_ int fd = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(directory, &here) < 0 || fstat(fd, &there) < 0 ||
        here.st_dev != there.st_dev || here.st_ino == there.st_ino)
        return -1;
    int opened = fd;
    fd = -1;
    return opened;
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
        return error_sys(err, "%s: cannot be made", path);
    if (file_list(folder, count_name, &count, err) < 0)
        return error_within(err, "%s", path);
    bool is_parents = status.st_uid == parent->st_uid && status.st_gid == parent->st_gid;
    if (count == 0 && (status.st_uid == geteuid() || is_parents))
        return 0;
    return error_refused(err, "%s: was exchanged while it was made; start again", path);
}

/* As all that root creates beside others' files. */
static int give_to_owner(int parent, const char *path, const char *name, struct error *err)
{
    struct stat above;
    struct stat own;
    struct access access;
    _cleanup_close_ int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &own) < 0 || fstat(parent, &above) < 0)
        return error_sys(err, "%s: cannot be made", path);
    /* Not ours: a file system that gives all to one, as an access point of EFS does. There is nothing to give. */
    if (own.st_uid != 0)
        return 0;
    if (file_check_new_folder(fd, &above, path, err) < 0)
        return -1;
    access_new(&above, own.st_mode, &access);
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
    /* A rename would take the place of an empty directory, but not of one that is in use. */
    if (is_free(parent, name))
        return renameat(parent, temporary, parent, name) == 0;
    errno = EEXIST;
    return false;
}

/* The directory above. */
static int open_parent(const char *path, const char *slash)
{
    char parent[PATH_MAX] = ".";
    if (slash)
        snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* With the mode from its first moment on, rather than corrected by a chmod of whatever is there. */
static int make_plain(const char *path, mode_t mode)
{
    if (mode == 0)
        return mkdir(path, 0755);
    mode_t saved = umask(0);
    int made = mkdir(path, mode);
    umask(saved);
    return made;
}

/* It gets its name when it is its owner's: whoever starts at the same moment would take it for root's. */
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
    if (make_plain(whole, mode) < 0)
        return error_sys(err, "%s: cannot make this directory", path);
    int made = give_to_owner(parent, path, temporary, err);
    if (made == 0 && file_publish_folder(parent, temporary, name))
        return 0;
    if (made == 0 && errno != EEXIST && errno != ENOTEMPTY)
        made = error_sys(err, "%s: cannot make this directory", path);
    unlinkat(parent, temporary, AT_REMOVEDIR);
    return made;
}

static bool is_anothers(int folder)
{
    struct stat status;
    return fstat(folder, &status) == 0 && (status.st_uid != 0 || status.st_gid != 0);
}

/* One directory, its name durable. It may be there already. */
static int make_one(const char *path, mode_t mode, struct error *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    _cleanup_close_ int parent = geteuid() == 0 ? open_parent(path, slash) : -1;
    if (parent >= 0 && is_anothers(parent)) {
        if (make_for_owner(parent, path, name, mode, err) < 0)
            return -1;
    } else if (make_plain(path, mode) < 0) {
        return errno == EEXIST ? 0 : error_sys(err, "%s: cannot make this directory", path);
    }
    parent = parent < 0 ? open_parent(path, slash) : parent;
    if (parent >= 0)
        return file_sync_directory(parent, path, err);
    /* Not readable but searchable is enough to make a directory in it; then its fsync is not ours. */
    return errno == EACCES ? 0 : error_sys(err, "%s: cannot make its name durable", path);
}

int file_make_directory(const char *path, mode_t mode, struct error *err)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length >= sizeof part) {
        errno = ENAMETOOLONG;
        return error_sys(err, "%s", path);
    }
    memcpy(part, path, length);
    part[length] = '\0';

    if (make_one(part, mode, err) == 0)
        return 0;
    char *slash = strrchr(part, '/');
    if (err->kind != ERROR_SYSTEM || err->errnum != ENOENT || !slash || slash == part)
        return -1;
    *slash = '\0';
    if (file_make_directory(part, 0, err) < 0)
        return -1;
    *slash = '/';
    return make_one(part, mode, err);
}

/* Whether it is on a file system of this kind, where nobody can create anything: with that errno. */
static bool is_on(long kind, int errnum, const char *folder)
{
    struct statfs status;
    if (statfs(folder, &status) < 0 || (long)status.f_type != kind)
        return false;
    errno = errnum;
    return true;
}

/* The directory itself, or what is nearest to it of what exists. */
bool file_folder_is_writable(const char *path)
{
    enum { PROC = 0x9fa0, SYSFS = 0x62656572 }; /* statfs(2) */
    char part[PATH_MAX];
    /* access(2) itself asks nothing about a file that stands where a folder belongs. */
    snprintf(part, sizeof part, "%s/.", path);
    for (char *at = part; at; at = dirname(at)) {
        if (is_on(PROC, ENOENT, at))
            return false;
        if (access(at, W_OK | X_OK) == 0)
            return !is_on(SYSFS, EPERM, at);
        if (errno != ENOENT || strcmp(at, "/") == 0 || strcmp(at, ".") == 0)
            return false;
    }
    return false;
}

/* The first part of the path that is missing, and the folder that is to hold it. */
static void find_missing(const char *path, char part[PATH_MAX], char above[PATH_MAX])
{
    snprintf(part, PATH_MAX, "%s", path);
    snprintf(above, PATH_MAX, "%s", path);
    while (access(dirname(above), F_OK) < 0 && errno == ENOENT)
        memcpy(part, above, PATH_MAX);
}

int file_make_directory_foresee(const char *path, mode_t mode, struct error *err)
{
    char part[PATH_MAX];
    char above[PATH_MAX];
    struct stat status;
    struct access access;
    bool is_possible = file_folder_is_writable(path);
    int errnum = errno;
    find_missing(path, part, above);
    errno = errnum;
    if (!is_possible)
        return error_sys(err, "%s: cannot make this directory", part);
    if (geteuid() != 0 || stat(above, &status) < 0 || (status.st_uid == 0 && status.st_gid == 0))
        return 0;
    access_new(&status, mode != 0 && strcmp(part, path) == 0 ? mode : 0755, &access);
    return access_foresee(&access, false, part, err);
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
