#include "airflow/cfg_in_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/access.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

static int open_in_place(const char *path, struct stat *status, struct error *err)
{
    _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return error_sys(err, "%s: cannot be written in place", path);
    if (fstat(fd, status) < 0)
        return error_sys(err, "%s: cannot be looked at", path);
    return cleanup_keep(&fd);
}

static int write_in_place(int fd, const char *path, const char *text, size_t length,
                          struct error *err)
{
    if (lseek(fd, 0, SEEK_SET) < 0)
        return error_sys(err, "%s", path);
    if (file_write(fd, path, text, length, err) < 0)
        return -1;
    if (ftruncate(fd, (off_t)length) < 0 || fsync(fd) < 0)
        return error_sys(err, "%s: cannot be synced to disk", path);
    return 0;
}

/* The copy has one line with both lengths, the old text and the new text. */
static const char copy_head[] = "fernit airflow.cfg ";

/* The copy's name until it is complete. Not random: writers hold the store's lock, so a crash leaves at most one. */
static void unfinished_name(const char *copy, char name[FILE_TEMPORARY_NAME])
{
    snprintf(name, FILE_TEMPORARY_NAME, "%s.new", copy);
}

bool cfg_copy_exists(const struct cfg_copy *copy)
{
    struct stat status;
    char unfinished[FILE_TEMPORARY_NAME];
    unfinished_name(copy->name, unfinished);
    return fstatat(copy->directory, copy->name, &status, AT_SYMLINK_NOFOLLOW) == 0 ||
           fstatat(copy->directory, unfinished, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The file's access, limited by the mode of the store's files. Without the ACL, only the owner has permissions. */
static int copy_access(int file, const struct cfg_copy *copy, struct access *access)
{
    if (access_of_open(file, access) < 0)
        return -1;
    access_limit(access, copy->mode);
    return 0;
}

static int write_copy(int file, const struct cfg *read, const struct secret *new,
                      const struct cfg_copy *copy, struct error *err)
{
    const struct secret *old = &read->text;
    char head[96];
    int length = snprintf(head, sizeof head, "%s%zu %zu\n", copy_head, old->length, new->length);
    char unfinished[FILE_TEMPORARY_NAME];
    unfinished_name(copy->name, unfinished);
    const char *path = copy->directory_path;
    struct access access;
    unlinkat(copy->directory, unfinished, 0);
    _cleanup_close_ int fd = openat(copy->directory, unfinished,
                                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || copy_access(file, copy, &access) < 0)
        return error_sys(err, "%s: cannot keep a copy of airflow.cfg", path);
    if (access_set(fd, &access, path, err) < 0)
        return -1;
    bool written = file_write(fd, path, head, (size_t)length, err) == 0 &&
                   file_write(fd, path, old->bytes, old->length, err) == 0 &&
                   file_write(fd, path, new->bytes, new->length, err) == 0;
    if (written &&
        (fsync(fd) < 0 || renameat(copy->directory, unfinished, copy->directory, copy->name) < 0)) {
        error_sys(err, "%s: cannot keep a copy of airflow.cfg", path);
        written = false;
    }
    if (!written) {
        unlinkat(copy->directory, unfinished, 0);
        return -1;
    }
    return file_sync_directory(copy->directory, path, err);
}

int cfg_overwrite(const char *path, const struct cfg *read, const struct secret *text,
                  const struct cfg_copy *copy, const struct deadline *deadline, struct error *err)
{
    struct stat now = {0};
    _cleanup_close_ int fd = open_in_place(path, &now, err);
    if (fd < 0)
        return cfg_write_outcome(err);
    if (cfg_lock_open(fd, path, deadline, err) < 0)
        return -1;
    if (fstat(fd, &now) < 0 || !cfg_is_unchanged(&now, &read->status))
        return CFG_CHANGED;
    if (write_copy(fd, read, text, copy, err) < 0)
        return -1;
    /* Check again: editors use no lock, and writing the copy took a while. */
    if (fstat(fd, &now) < 0 || !cfg_is_unchanged(&now, &read->status)) {
        unlinkat(copy->directory, copy->name, 0);
        return CFG_CHANGED;
    }
    if (write_in_place(fd, path, text->bytes, text->length, err) < 0)
        return -1;
    unlinkat(copy->directory, copy->name, 0);
    return CFG_WRITTEN;
}

int cfg_foresee_overwrite(const char *path, const char *folder, struct error *err)
{
    if (access(path, W_OK) < 0) {
        error_sys(err, "%s: cannot be written in place", path);
        return cfg_write_outcome(err);
    }
    if (!file_folder_is_writable(folder))
        return error_sys(err, "%s: cannot keep a copy of airflow.cfg", folder);
    return CFG_WRITTEN;
}

/* Whether an interrupted write can have left the file as it is: new text first, old text behind it. A block that
 * was allocated but never written reads as zeros. */
static bool is_half_written(const struct secret *now, const char *old, size_t old_length,
                            const char *new, size_t new_length)
{
    size_t longest = old_length > new_length ? old_length : new_length;
    size_t shortest = old_length < new_length ? old_length : new_length;
    if (now->length > longest || now->length < shortest)
        return false;
    for (size_t i = 0; i < now->length; i++) {
        char c = now->bytes[i];
        bool is_expected = (i < old_length && c == old[i]) || (i < new_length && c == new[i]) ||
                           (i >= old_length && c == '\0');
        if (!is_expected)
            return false;
    }
    return true;
}

/* The old text in the copy, or NULL if fernit did not write this file. */
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

/* If only users who may write the file can create files in the copy's folder, the copy's owner does not matter:
 * with arbitrary uids of one group it is the user of another start. */
static int check_copy(const struct cfg_copy *copy, int fd, struct stat *status,
                      const struct stat *file, const char *path, struct error *err)
{
    enum { NO_EXCEPTION = -1 };
    struct stat folder;
    struct error ignored;
    if (fstat(copy->directory, &folder) == 0 &&
        access_check_like(NO_EXCEPTION, &folder, file, path, &ignored) == 0)
        status->st_uid = geteuid();
    return access_check_like(fd, status, file, path, err);
}

static const char unfinished_work[] = "an interrupted write has to be finished";

/* `saved` is the text of the copy. Returns as cfg_recover does. */
static int finish_write(const char *path, int target, const struct cfg_copy *copy,
                        const char *copy_path, const struct secret *saved,
                        const struct deadline *deadline, struct error *err)
{
    size_t old_length = 0;
    size_t new_length = 0;
    const char *old = read_head(saved, &old_length, &new_length);
    if (!old) {
        error_input(err, "%s: is not a copy that fernit wrote", copy_path);
        error_id(err, "interrupted-write");
        return error_hint(err, "check that airflow.cfg is complete, then move the copy away");
    }
    const char *new = old + old_length;

    _cleanup_secret_ struct secret now = {0};
    if ((!copy->pretends && cfg_lock_open(target, path, deadline, err) < 0) ||
        file_read(target, path, CFG_MOST, &now, err) < 0)
        return error_within(err, unfinished_work);
    if (!is_half_written(&now, old, old_length, new, new_length)) {
        error_input(err, "%s: fernit was killed while it wrote this file, and it was edited since",
                    path);
        error_id(err, "interrupted-write");
        error_hint(err, "check that %s is complete", path);
        return error_hint(err, "then move %s away", copy_path);
    }
    if (copy->pretends)
        return 1;
    /* The process that wrote the copy may have died before its name was durable. */
    if (file_sync_directory(copy->directory, copy->directory_path, err) < 0 ||
        write_in_place(target, path, new, new_length, err) < 0)
        return -1;
    unlinkat(copy->directory, copy->name, 0);
    return 1;
}

int cfg_recover(const char *path, const struct cfg_copy *copy, const struct deadline *deadline,
                struct error *err)
{
    struct stat status;
    struct stat target_status;
    _cleanup_secret_ struct secret saved = {0};
    char unfinished[FILE_TEMPORARY_NAME];
    char copy_path[PATH_MAX];
    snprintf(copy_path, sizeof copy_path, "%s/%s", copy->directory_path, copy->name);
    unfinished_name(copy->name, unfinished);
    if (!copy->pretends)
        unlinkat(copy->directory, unfinished, 0);
    _cleanup_close_ int fd =
        file_open(copy->directory, copy->name, O_NOFOLLOW, copy_path, &status, err);
    if (fd < 0)
        return err->errnum == ENOENT ? 0 : -1;
    _cleanup_close_ int target = open_in_place(path, &target_status, err);
    if (target < 0)
        return error_within(err, unfinished_work);
    if (check_copy(copy, fd, &status, &target_status, copy_path, err) < 0 ||
        file_read(fd, copy_path, 2 * (size_t)CFG_MOST + 128, &saved, err) < 0)
        return -1;
    return finish_write(path, target, copy, copy_path, &saved, deadline, err);
}
