#include "store/update.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/access.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "store/lock.h"
#include "store/names.h"
#include "store/new_file.h"
#include "store/owner.h"

struct sweep {
    int directory;
    const char *prefix;
};

static void sweep_file(const char *entry, void *context)
{
    const struct sweep *sweep = context;
    if (file_is_temporary(entry, sweep->prefix))
        file_sweep(sweep->directory, entry);
}

/* In retired/, where only temporaries of changes begin with a dot. */
static void sweep_retired(const char *entry, void *context)
{
    const struct sweep *sweep = context;
    const char *rest = *entry == '.' ? strstr(entry, sweep->prefix) : NULL;
    if (rest && file_is_temporary(rest, sweep->prefix))
        file_sweep(sweep->directory, entry);
}

static void sweep_temporaries(const struct store *store, int retired, const char *file)
{
    struct error ignored;
    char prefix[FILE_TEMPORARY_NAME];
    store_change_prefix(file, prefix);
    struct sweep here = {store->directory, prefix};
    file_list(store->directory, sweep_file, &here, &ignored);
    struct sweep there = {retired, ".change."};
    if (retired >= 0)
        file_list(retired, sweep_retired, &there, &ignored);
}

/* Ends an interrupted change, in its old or its new state. From now on other code relies on the names in retired/,
 * so they are made durable, too. */
static int end_interrupted_change(const struct store *store, const char *file, struct error *err)
{
    _cleanup_close_ int fd =
        openat(store->directory, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if ((fd < 0 && errno != ENOENT) || (fd >= 0 && fsync(fd) < 0))
        return error_sys(err, "%s/%s: cannot be synced to disk", store->path, file);
    _cleanup_close_ int retired =
        openat(store->directory, STORE_RETIRED, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (file_sync_directory(store->directory, store->path, err) < 0 ||
        (retired >= 0 && file_sync_directory(retired, store->path, err) < 0))
        return -1;
    sweep_temporaries(store, retired, file);
    store_change_end(store, file);
    return 0;
}

static int claim_error(const struct store *store, const char *name, struct error *err)
{
    error_sys(err, "%s/%s: cannot be created", store->path, name);
    return store_advise_owner(store->path, err);
}

int store_change_begin(const struct store *store, const char *file, struct error *err)
{
    char name[FILE_TEMPORARY_NAME];
    store_changing_name(file, name);
    _cleanup_close_ int fd = store_make_claim(store, name);
    if (fd < 0 && errno == EEXIST) {
        if (end_interrupted_change(store, file, err) < 0)
            return -1;
        fd = store_make_claim(store, name);
    }
    if (fd < 0)
        return claim_error(store, name, err);
    if (fsync(fd) < 0)
        error_sys(err, "%s/%s: cannot be synced to disk", store->path, name);
    else if (file_sync_directory(store->directory, store->path, err) == 0)
        return 0;
    store_change_end(store, file);
    return -1;
}

int store_change_foresee(const struct store *store, const char *file, struct error *err)
{
    char name[FILE_TEMPORARY_NAME];
    store_changing_name(file, name);
    return file_folder_is_writable(store->path) ? 0 : claim_error(store, name, err);
}

void store_change_end(const struct store *store, const char *file)
{
    char name[FILE_TEMPORARY_NAME];
    store_changing_name(file, name);
    unlinkat(store->directory, name, 0);
}

/* The access of the file `like`, or of a new file if it does not exist. */
static int find_access(const struct store *store, const char *like, struct access *access,
                       struct error *err)
{
    if (access_of(store->directory, like, access) == 0)
        return 0;
    if (errno != ENOENT)
        return error_sys(err, "%s/%s: cannot be looked at", store->path, like);
    access_new(&store->status, store->mode, access);
    return 0;
}

static int fill_change(const struct store *store, int directory, const char *path, const char *like,
                       int fd, const struct secret *text, struct error *err)
{
    struct access access;
    if (find_access(store, like, &access, err) < 0)
        return -1;
    if (directory != store->directory) {
        access_limit(&access, store->mode);
        /* The copy replaces no file of another user, so it may belong to this one. */
        access.uid = geteuid() == 0 ? access.uid : (uid_t)-1;
    }
    return store_write_whole(store, &access, fd, path, text, err);
}

int store_write_change(const struct store *store, int directory, const char *file, const char *like,
                       const struct secret *text, char temporary[FILE_TEMPORARY_NAME],
                       struct error *err)
{
    char prefix[FILE_TEMPORARY_NAME];
    char path[STORE_PATH];
    store_change_prefix(file, prefix);
    snprintf(path, sizeof path, "%s/%s%s", store->path,
             directory == store->directory ? "" : STORE_RETIRED "/", file);
    _cleanup_close_ int fd = file_temporary(directory, prefix, temporary, err);
    if (fd < 0) {
        error_within(err, "%s", path);
        return directory == store->directory ? store_advise_owner(store->path, err) : -1;
    }
    if (fill_change(store, directory, path, like, fd, text, err) == 0)
        return 0;
    unlinkat(directory, temporary, 0);
    return -1;
}

/* Checked before anything is written: rename(2) cannot replace an immutable file. */
static int check_immutable(const struct store *store, const char *file, struct error *err)
{
    if (!file_is_immutable(store->directory, file))
        return 0;
    error_sys(err, "%s/%s: cannot be replaced", store->path, file);
    return error_hint(err, "chattr -i %s/%s", store->path, file);
}

/* Writes the new file and renames it, without the fsync of the directory. */
static int write_and_rename(const struct store *store, const char *file, const struct secret *text,
                            struct error *err)
{
    char temporary[FILE_TEMPORARY_NAME];
    if (store_write_change(store, store->directory, file, file, text, temporary, err) < 0)
        return -1;
    if (renameat(store->directory, temporary, store->directory, file) == 0)
        return 0;
    error_sys(err, "%s/%s: cannot be replaced", store->path, file);
    unlinkat(store->directory, temporary, 0);
    return -1;
}

int store_replace(const struct store *store, const char *file, const struct secret *text,
                  struct error *err)
{
    if (check_immutable(store, file, err) < 0 || store_change_begin(store, file, err) < 0)
        return -1;
    if (write_and_rename(store, file, text, err) < 0) {
        store_change_end(store, file);
        return -1;
    }
    /* If this fails, the claim stays, and tells the next reader to fsync. */
    if (file_sync_directory(store->directory, store->path, err) < 0)
        return -1;
    store_change_end(store, file);
    return 0;
}

int store_replace_foresee(const struct store *store, const char *file, struct error *err)
{
    char path[STORE_PATH];
    struct access access;
    store_file_path(store, file, path);
    return check_immutable(store, file, err) < 0 || store_change_foresee(store, file, err) < 0 ||
                   find_access(store, file, &access, err) < 0 ||
                   store_foresee_owner(store, &access, path, err) < 0
               ? -1
               : 0;
}

int store_remove(const struct store *store, const char *file, struct error *err)
{
    if (unlinkat(store->directory, file, 0) < 0 && errno != ENOENT) {
        error_sys(err, "%s/%s: cannot be removed", store->path, file);
        return store_advise_owner(store->path, err);
    }
    return file_sync_directory(store->directory, store->path, err);
}

void store_tidy_changes(const struct store *store, const char *name, const struct store_scan *scan)
{
    if (!scan->changing && !scan->changes)
        return;
    struct error ignored;
    char staged[FILE_TEMPORARY_NAME];
    struct deadline now = deadline_in(0, NULL);
    _cleanup_close_ int lock = store_lock(store, &now, &ignored);
    if (lock < 0)
        return;
    store_staged_name(name, staged);
    end_interrupted_change(store, name, &ignored);
    end_interrupted_change(store, staged, &ignored);
}
