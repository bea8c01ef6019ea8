#include "airflow/cfg_write.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/access.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"

/* The file's directory and name, after all symbolic links. */
struct target {
    int directory;
    char *path;
    const char *name;
};

static void close_target(const struct target *target)
{
    cleanup_close(&target->directory);
    free(target->path);
}
#define _cleanup_target_ _cleanup_(close_target)

static int open_target(struct target *target, struct error *err)
{
    char *slash = strrchr(target->path, '/');
    char directory[PATH_MAX] = ".";
    if (slash)
        snprintf(directory, sizeof directory, "%.*s",
                 slash == target->path ? 1 : (int)(slash - target->path), target->path);
    target->name = slash ? slash + 1 : target->path;
    target->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return target->directory < 0 ? error_sys(err, "%s", directory) : 0;
}

int cfg_lock_open(int fd, const char *path, const struct deadline *deadline, struct error *err)
{
    enum { POLL_EVERY_MS = 20 };
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK)
            return 0;
        if (deadline_passed(deadline)) {
            error_refused(err, "%s: another fernit has been writing it for too long", path);
            error_id(err, "lock-held");
            error_hint(err, "wait longer: --lock-timeout");
            return error_hint(err, "or, if the other fernit hangs, end it");
        }
        if (deadline_wait(deadline, -1, POLL_EVERY_MS, err) < 0)
            return -1;
    }
    return 0;
}

int cfg_lock(const char *path, const struct deadline *deadline, struct error *err)
{
    enum { NOTHING = -2 };
    struct error ignored;
    _cleanup_free_ char *whole = realpath(path, NULL);
    _cleanup_target_ struct target target = {.directory = -1, .path = strdup(whole ? whole : path)};
    if (!target.path || open_target(&target, &ignored) < 0)
        return NOTHING;
    if (cfg_lock_open(target.directory, path, deadline, err) < 0)
        return -1;
    return cleanup_keep(&target.directory);
}

/* Whether errno says that this user may not write there, rather than that something failed. */
static bool is_not_writable(int errnum)
{
    return errnum == EACCES || errnum == EPERM || errnum == EROFS || errnum == EBUSY ||
           errnum == EXDEV;
}

int cfg_write_outcome(const struct error *err)
{
    return err->kind == ERROR_SYSTEM && is_not_writable(err->errnum) ? CFG_NOT_WRITABLE : -1;
}

bool cfg_is_unchanged(const struct stat *now, const struct stat *was)
{
    return now->st_dev == was->st_dev && now->st_ino == was->st_ino &&
           now->st_size == was->st_size && now->st_mtim.tv_sec == was->st_mtim.tv_sec &&
           now->st_mtim.tv_nsec == was->st_mtim.tv_nsec &&
           now->st_ctim.tv_sec == was->st_ctim.tv_sec &&
           now->st_ctim.tv_nsec == was->st_ctim.tv_nsec;
}

/* A temporary file, which is removed unless it gets its final name. */
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

static const char temporary_prefix[] = ".airflow.cfg.fernit.";

static void sweep_one(const char *name, void *context)
{
    const int *directory = context;
    if (file_is_temporary(name, temporary_prefix))
        file_sweep(*directory, name);
}

/* Removes temporaries that a crash has left. It also removes one that another fernit is writing without the lock:
 * that fernit then reads airflow.cfg again. */
static void sweep(struct target *target)
{
    struct error ignored;
    file_list(target->directory, sweep_one, &target->directory, &ignored);
}

static int write_temporary(const struct target *target, const struct secret *text,
                           const struct access *access, struct temporary *temporary,
                           struct error *err)
{
    temporary->directory = target->directory;
    _cleanup_close_ int fd =
        file_temporary(target->directory, temporary_prefix, temporary->name, err);
    if (fd < 0) {
        *temporary->name = '\0';
        return error_within(err, "%s", target->path);
    }
    if (access_set(fd, access, target->path, err) < 0 ||
        access_check_owner(fd, access, false, target->path, err) < 0 ||
        file_write(fd, target->path, text->bytes, text->length, err) < 0)
        return -1;
    return fsync(fd) < 0 ? error_sys(err, "%s: cannot be synced to disk", target->path) : 0;
}

/* Renames the temporary to its final name, unless that exists. */
static int publish_new(const struct target *target, struct temporary *temporary)
{
    int directory = target->directory;
    int done = file_publish(directory, temporary->name, target->name);
    if (done == 0 || !file_link_is_impossible(errno))
        return done;
    struct stat status;
    if (fstatat(directory, target->name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    done = renameat(directory, temporary->name, directory, target->name);
    if (done == 0)
        *temporary->name = '\0';
    return done;
}

void cfg_tidy(const char *path, const struct cfg *read)
{
    if (!read->exists || read->status.st_nlink <= 1)
        return;
    struct error ignored;
    _cleanup_target_ struct target target = {.directory = -1, .path = realpath(path, NULL)};
    if (target.path && open_target(&target, &ignored) == 0)
        sweep(&target);
}

/* Makes the name durable, and removes what is left beside it. */
static int finish(struct target *target, const char *path, struct temporary *temporary,
                  struct error *err)
{
    remove_temporary(temporary);
    *temporary->name = '\0';
    sweep(target);
    return file_sync_directory(target->directory, path, err) < 0 ? -1 : CFG_WRITTEN;
}

static bool is_dangling_link(const char *path, struct error *err)
{
    struct stat status;
    if (lstat(path, &status) < 0 || !S_ISLNK(status.st_mode))
        return false;
    error_input(err, "%s: is a symbolic link to a file that is not there", path);
    error_hint(err, "create that file, or remove the link");
    return true;
}

/* Airflow silently skips a file that it cannot read. In a folder of root's that all users may write, fernit cannot
 * know as which user Airflow will run. */
static void warn_unreadable(const char *path, const struct stat *folder, mode_t mode)
{
    if (geteuid() != 0 || folder->st_uid != 0 || !(folder->st_mode & 0022) || (mode & 0044))
        return;
    char hint[PATH_MAX + 128];
    snprintf(hint, sizeof hint,
             "if Airflow runs as another user: give fernit --user\nor chown %s to that user", path);
    log_warning("other-owner", hint,
                "%s is owned by root: other users may write its folder, but cannot read it", path);
}

int cfg_create(const char *path, const struct secret *text, mode_t mode, struct error *err)
{
    struct stat status;
    if (is_dangling_link(path, err))
        return CFG_NOT_WRITABLE;

    _cleanup_target_ struct target target = {.directory = -1, .path = strdup(path)};
    if (!target.path)
        return error_sys(err, "%s", path);
    char *slash = strrchr(target.path, '/');
    if (slash && slash > target.path) {
        *slash = '\0';
        if (file_make_directory(target.path, 0, err) < 0)
            return cfg_write_outcome(err);
        *slash = '/';
    }
    struct access access;
    _cleanup_temporary_ struct temporary temporary = {0};
    if (open_target(&target, err) < 0)
        return cfg_write_outcome(err);
    if (fstat(target.directory, &status) < 0)
        return error_sys(err, "%s: cannot be created", path);
    access_new(&status, mode, &access);
    if (write_temporary(&target, text, &access, &temporary, err) < 0)
        return cfg_write_outcome(err);
    if (publish_new(&target, &temporary) < 0) {
        if (errno == EEXIST || errno == ENOENT)
            return CFG_CHANGED;
        error_sys(err, "%s: cannot be created", path);
        return cfg_write_outcome(err);
    }
    warn_unreadable(path, &status, mode);
    return finish(&target, path, &temporary, err);
}

/* rename(2) cannot replace a file that is a mount point itself. */
static bool is_mount(const char *path)
{
    enum {
        MOUNT_ROOT = 0x2000
    }; /* STATX_ATTR_MOUNT_ROOT, since Linux 5.8; musl does not define it */
    struct statx status = {0};
    return statx(AT_FDCWD, path, 0, 0, &status) == 0 && (status.stx_attributes & MOUNT_ROOT) != 0;
}

static void not_replaced(const char *path, struct error *err)
{
    error_sys(err,
              errno == EBUSY ? "%s: cannot be replaced, because it is mounted by itself"
                             : "%s: cannot be replaced",
              path);
}

/* The folder is writable. */
static int foresee_file(const char *path, bool exists, const char *folder, mode_t mode,
                        struct error *err)
{
    struct stat status;
    struct access access = {.uid = (uid_t)-1};
    if (exists)
        access_of(AT_FDCWD, path, &access);
    else if (stat(folder, &status) == 0)
        access_new(&status, mode, &access);
    if (access_foresee(&access, false, path, err) < 0)
        return err->kind == ERROR_REFUSED ? CFG_NOT_WRITABLE : cfg_write_outcome(err);
    if (!exists || !file_is_immutable(AT_FDCWD, path))
        return CFG_WRITTEN;
    error_sys(err, "%s: cannot be replaced", path);
    return cfg_write_outcome(err);
}

int cfg_foresee(const char *path, bool exists, mode_t mode, struct error *err)
{
    _cleanup_free_ char *target = exists ? realpath(path, NULL) : strdup(path);
    if (!target)
        return error_sys(err, "%s", path);
    if (!exists && is_dangling_link(path, err))
        return CFG_NOT_WRITABLE;
    if (exists && is_mount(target)) {
        errno = EBUSY;
        not_replaced(path, err);
        return CFG_NOT_WRITABLE;
    }
    char text[PATH_MAX];
    snprintf(text, sizeof text, "%s", target);
    const char *folder = dirname(text);
    if (access(folder, F_OK) < 0)
        return file_make_directory_foresee(folder, 0, err) < 0 ? cfg_write_outcome(err)
                                                               : CFG_WRITTEN;
    if (file_folder_is_writable(folder))
        return foresee_file(target, exists, folder, mode, err);
    if (errno == ENOTDIR)
        error_sys(err, "%s", folder);
    else
        error_sys(err, "%s: cannot create a temporary file", target);
    return cfg_write_outcome(err);
}

int cfg_replace(const char *path, const struct cfg *read, const struct secret *text,
                struct error *err)
{
    _cleanup_target_ struct target target = {.directory = -1, .path = realpath(path, NULL)};
    if (!target.path)
        return errno == ENOENT ? CFG_CHANGED : error_sys(err, "%s", path);
    struct access access;
    _cleanup_temporary_ struct temporary temporary = {0};
    if (open_target(&target, err) < 0)
        return cfg_write_outcome(err);
    if (access_of(target.directory, target.name, &access) < 0)
        return errno == ENOENT ? CFG_CHANGED : error_sys(err, "%s: cannot be looked at", path);
    if (write_temporary(&target, text, &access, &temporary, err) < 0)
        return err->kind == ERROR_REFUSED ? CFG_NOT_WRITABLE : cfg_write_outcome(err);

    struct stat now;
    if (fstatat(target.directory, target.name, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
        !cfg_is_unchanged(&now, &read->status))
        return CFG_CHANGED;
    if (renameat(target.directory, temporary.name, target.directory, target.name) < 0) {
        if (errno == ENOENT)
            return CFG_CHANGED;
        not_replaced(path, err);
        /* Sweep here: after this error finish() is not called. */
        sweep(&target);
        return cfg_write_outcome(err);
    }
    *temporary.name = '\0';
    return finish(&target, path, &temporary, err);
}
