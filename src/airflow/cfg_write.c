#include "airflow/cfg_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

/* The directory and the name at the end of all symbolic links. */
struct place {
    int directory;
    char *path;
    const char *name;
};

static void close_place(const struct place *place)
{
    cleanup_close(&place->directory);
    free(place->path);
}
#define _cleanup_place_ _cleanup_(close_place)

static int open_place(struct place *place, struct error *err)
{
    char *slash = strrchr(place->path, '/');
    char directory[PATH_MAX] = ".";
    if (slash)
        snprintf(directory, sizeof directory, "%.*s",
                 slash == place->path ? 1 : (int)(slash - place->path), place->path);
    place->name = slash ? slash + 1 : place->path;
    place->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return place->directory < 0 ? error_sys(err, "%s", directory) : 0;
}

/* What tells that this place is not ours to write, rather than that something broke. */
static bool is_fixed(int errnum)
{
    return errnum == EACCES || errnum == EPERM || errnum == EROFS || errnum == EBUSY ||
           errnum == EXDEV;
}

static int outcome(const struct error *err)
{
    return err->kind == ERROR_SYSTEM && is_fixed(err->errnum) ? CFG_FIXED : -1;
}

static bool is_unchanged(const struct stat *now, const struct stat *was)
{
    return now->st_dev == was->st_dev && now->st_ino == was->st_ino &&
           now->st_size == was->st_size && now->st_mtim.tv_sec == was->st_mtim.tv_sec &&
           now->st_mtim.tv_nsec == was->st_mtim.tv_nsec &&
           now->st_ctim.tv_sec == was->st_ctim.tv_sec &&
           now->st_ctim.tv_nsec == was->st_ctim.tv_nsec;
}

/* A finished temporary file, which goes away unless it has got its final name. */
struct temporary {
    int directory;
    char name[FILE_TEMPORARY_NAME];
};

static void remove_temporary(const struct temporary *temporary)
{
    if (*temporary->name)
        unlinkat(temporary->directory, temporary->name, 0);
}
#define _cleanup_temporary_ _cleanup_(remove_temporary)

/* Where the group cannot be kept, ours must not get what was the other's. */
static int keep_owner_and_mode(int fd, const struct stat *was, const char *name, struct error *err)
{
    struct stat own;
    mode_t mode = was->st_mode & 07777;
    if (fstat(fd, &own) < 0)
        return error_sys(err, "%s: cannot be looked at", name);
    if ((own.st_uid != was->st_uid || own.st_gid != was->st_gid) &&
        fchown(fd, was->st_uid, was->st_gid) < 0 && own.st_gid != was->st_gid &&
        fchown(fd, (uid_t)-1, was->st_gid) < 0)
        mode = (mode & 07707) | (mode & 07) << 3;
    if (fchmod(fd, mode) < 0)
        return error_sys(err, "%s: cannot set its mode", name);
    return 0;
}

static const char temporary_prefix[] = ".airflow.cfg.fernit.";

static void sweep_one(const char *name, void *context)
{
    const int *directory = context;
    if (strncmp(name, temporary_prefix, sizeof temporary_prefix - 1) == 0)
        unlinkat(*directory, name, 0);
}

/* What killed ones have left. A file that was being written beside us without our lock goes, too: its
 * writer finds it gone, and looks at airflow.cfg anew. */
static void sweep(struct place *place)
{
    struct error ignored;
    file_list(place->directory, sweep_one, &place->directory, &ignored);
}

static int write_temporary(const struct place *place, const struct secret *text,
                           const struct stat *was, struct temporary *temporary, struct error *err)
{
    temporary->directory = place->directory;
    _cleanup_close_ int fd =
        file_temporary(place->directory, temporary_prefix, temporary->name, err);
    if (fd < 0) {
        *temporary->name = '\0';
        return -1;
    }
    if (file_write(fd, place->path, text->bytes, text->length, err) < 0 ||
        (was && keep_owner_and_mode(fd, was, place->path, err) < 0))
        return -1;
    return fsync(fd) < 0 ? error_sys(err, "%s: cannot be made durable", place->path) : 0;
}

/* Gives the temporary its name unless there is such a file. */
static int publish_new(const struct place *place, struct temporary *temporary)
{
    int directory = place->directory;
    int done = renameat2(directory, temporary->name, directory, place->name, RENAME_NOREPLACE);
    if (done < 0 && file_noreplace_is_impossible(errno)) {
        if (linkat(directory, temporary->name, directory, place->name, 0) == 0)
            return 0;
        if (!file_link_is_impossible(errno))
            return -1;
        struct stat status;
        if (fstatat(directory, place->name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
            errno = EEXIST;
            return -1;
        }
        done = renameat(directory, temporary->name, directory, place->name);
    }
    if (done == 0)
        *temporary->name = '\0';
    return done;
}

/* The last steps: the name durable, and nothing left beside it. */
static int finish(struct place *place, const char *path, struct temporary *temporary,
                  struct error *err)
{
    remove_temporary(temporary);
    *temporary->name = '\0';
    sweep(place);
    return file_sync_directory(place->directory, path, err) < 0 ? -1 : CFG_WRITTEN;
}

int cfg_create(const char *path, const struct secret *text, struct error *err)
{
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode)) {
        errno = EACCES;
        error_input(err, "%s: is a symbolic link to a file that is not there", path);
        return CFG_FIXED;
    }

    _cleanup_place_ struct place place = {.directory = -1, .path = strdup(path)};
    if (!place.path)
        return error_sys(err, "%s", path);
    char *slash = strrchr(place.path, '/');
    if (slash && slash > place.path) {
        *slash = '\0';
        if (file_make_directory(place.path, 0, err) < 0)
            return outcome(err);
        *slash = '/';
    }
    _cleanup_temporary_ struct temporary temporary = {0};
    if (open_place(&place, err) < 0 || write_temporary(&place, text, NULL, &temporary, err) < 0)
        return outcome(err);
    if (publish_new(&place, &temporary) < 0) {
        if (errno == EEXIST || errno == ENOENT)
            return CFG_CHANGED;
        error_sys(err, "%s: cannot be made", path);
        return outcome(err);
    }
    return finish(&place, path, &temporary, err);
}

int cfg_replace(const char *path, const struct cfg *read, const struct secret *text,
                struct error *err)
{
    _cleanup_place_ struct place place = {.directory = -1, .path = realpath(path, NULL)};
    if (!place.path)
        return errno == ENOENT ? CFG_CHANGED : error_sys(err, "%s", path);
    _cleanup_temporary_ struct temporary temporary = {0};
    if (open_place(&place, err) < 0 ||
        write_temporary(&place, text, &read->status, &temporary, err) < 0)
        return outcome(err);

    struct stat now;
    if (fstatat(place.directory, place.name, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
        !is_unchanged(&now, &read->status))
        return CFG_CHANGED;
    if (renameat(place.directory, temporary.name, place.directory, place.name) < 0) {
        if (errno == ENOENT)
            return CFG_CHANGED;
        error_sys(err, "%s: cannot be replaced", path);
        return outcome(err);
    }
    *temporary.name = '\0';
    return finish(&place, path, &temporary, err);
}

static int open_in_place(const char *path, struct stat *status, struct error *err)
{
    _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return error_sys(err, "%s: cannot be written in place", path);
    if (fstat(fd, status) < 0)
        return error_sys(err, "%s: cannot be looked at", path);
    int opened = fd;
    fd = -1;
    return opened;
}

static int write_in_place(int fd, const char *path, const char *text, size_t length,
                          struct error *err)
{
    if (lseek(fd, 0, SEEK_SET) < 0)
        return error_sys(err, "%s", path);
    if (file_write(fd, path, text, length, err) < 0)
        return -1;
    if (ftruncate(fd, (off_t)length) < 0 || fsync(fd) < 0)
        return error_sys(err, "%s: cannot be made durable", path);
    return 0;
}

/* The copy: one line with both lengths, the old text, the new text. */
static const char copy_head[] = "fernit airflow.cfg ";

/* Not random: writers have the store's lock, and a crash leaves one at most. */
static void unfinished_name(const char *copy, char name[FILE_TEMPORARY_NAME])
{
    snprintf(name, FILE_TEMPORARY_NAME, "%s.new", copy);
}

static int write_copy(const struct secret *old, const struct secret *new, int directory,
                      const char *directory_path, const char *copy, struct error *err)
{
    char head[96];
    int length = snprintf(head, sizeof head, "%s%zu %zu\n", copy_head, old->length, new->length);
    char unfinished[FILE_TEMPORARY_NAME];
    unfinished_name(copy, unfinished);
    _cleanup_close_ int fd =
        openat(directory, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_sys(err, "%s: cannot keep a copy of airflow.cfg", directory_path);
    if (file_write(fd, directory_path, head, (size_t)length, err) < 0 ||
        file_write(fd, directory_path, old->bytes, old->length, err) < 0 ||
        file_write(fd, directory_path, new->bytes, new->length, err) < 0)
        return -1;
    if (fsync(fd) < 0 || renameat(directory, unfinished, directory, copy) < 0)
        return error_sys(err, "%s: cannot keep a copy of airflow.cfg", directory_path);
    return file_sync_directory(directory, directory_path, err);
}

int cfg_overwrite(const char *path, const struct cfg *read, const struct secret *text,
                  int directory, const char *directory_path, const char *copy, struct error *err)
{
    struct stat now = {0};
    _cleanup_close_ int fd = open_in_place(path, &now, err);
    if (fd < 0)
        return outcome(err);
    if (!is_unchanged(&now, &read->status))
        return CFG_CHANGED;
    if (write_copy(&read->text, text, directory, directory_path, copy, err) < 0)
        return -1;
    if (write_in_place(fd, path, text->bytes, text->length, err) < 0)
        return -1;
    unlinkat(directory, copy, 0);
    return CFG_WRITTEN;
}

/* Whether an interrupted write explains what is there: new where it came to, old behind that. A
 * block that was allocated and never written reads as zeros. */
static bool is_torn(const struct secret *now, const char *old, size_t old_length, const char *new,
                    size_t new_length)
{
    size_t longest = old_length > new_length ? old_length : new_length;
    size_t shortest = old_length < new_length ? old_length : new_length;
    if (now->length > longest || now->length < shortest)
        return false;
    for (size_t i = 0; i < now->length; i++) {
        char c = now->bytes[i];
        bool explained = (i < old_length && c == old[i]) || (i < new_length && c == new[i]) ||
                         (i >= old_length && c == '\0');
        if (!explained)
            return false;
    }
    return true;
}

/* The old text in the copy, or NULL where it is not one of ours. */
static const char *read_head(const struct secret *copy, size_t *old_length, size_t *new_length)
{
    size_t head = strlen(copy_head);
    if (copy->length < head || memcmp(copy->bytes, copy_head, head) != 0)
        return NULL;
    char *end;
    *old_length = strtoul(copy->bytes + head, &end, 10);
    *new_length = strtoul(end, &end, 10);
    size_t start = (size_t)(end + 1 - copy->bytes);
    bool whole = *end == '\n' && *old_length <= CFG_MOST && *new_length <= CFG_MOST &&
                 copy->length == start + *old_length + *new_length;
    return whole ? end + 1 : NULL;
}

int cfg_recover(const char *path, int directory, const char *directory_path, const char *copy,
                struct error *err)
{
    struct stat status;
    _cleanup_secret_ struct secret kept = {0};
    char unfinished[FILE_TEMPORARY_NAME];
    unfinished_name(copy, unfinished);
    unlinkat(directory, unfinished, 0);
    _cleanup_close_ int fd = file_open(directory, copy, O_NOFOLLOW, copy, &status, err);
    if (fd < 0)
        return err->errnum == ENOENT ? 0 : error_within(err, "%s", directory_path);
    if (file_read(fd, copy, 2 * (size_t)CFG_MOST + 128, &kept, err) < 0)
        return error_within(err, "%s", directory_path);

    size_t old_length = 0;
    size_t new_length = 0;
    const char *old = read_head(&kept, &old_length, &new_length);
    if (!old)
        return error_input(err, "%s/%s: is no copy that fernit made; remove it", directory_path,
                           copy);
    const char *new = old + old_length;

    _cleanup_secret_ struct secret now = {0};
    _cleanup_close_ int target = open_in_place(path, &status, err);
    if (target < 0 || file_read(target, path, CFG_MOST, &now, err) < 0)
        return error_within(err, "an interrupted write has to be finished");
    if (!is_torn(&now, old, old_length, new, new_length))
        return error_input(err,
                           "%s: was being written when fernit was killed, and was edited since; "
                           "look at it, then remove %s/%s",
                           path, directory_path, copy);
    if (write_in_place(target, path, new, new_length, err) < 0)
        return -1;
    unlinkat(directory, copy, 0);
    return 1;
}
