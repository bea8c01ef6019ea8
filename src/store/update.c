#include "store/update.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "store/create.h"
#include "store/lock.h"
#include "store/names.h"
#include "store/owner.h"

struct sweeping {
    int directory;
    const char *prefix;
};

static void sweep_file(const char *entry, void *context)
{
    const struct sweeping *sweeping = context;
    if (strncmp(entry, sweeping->prefix, strlen(sweeping->prefix)) == 0)
        unlinkat(sweeping->directory, entry, 0);
}

/* Of retired/, where only the temporaries of changes begin with a dot. */
static void sweep_retired(const char *entry, void *context)
{
    const struct sweeping *sweeping = context;
    if (*entry == '.' && strstr(entry, ".change."))
        unlinkat(sweeping->directory, entry, 0);
}

static void sweep_temporaries(const struct store *store, int retired, const char *file)
{
    struct error ignored;
    char prefix[FILE_TEMPORARY_NAME];
    store_change_prefix(file, prefix);
    struct sweeping here = {store->directory, prefix};
    file_list(store->directory, sweep_file, &here, &ignored);
    struct sweeping there = {retired, NULL};
    if (retired >= 0)
        file_list(retired, sweep_retired, &there, &ignored);
}

/* Brings a change that a crash has interrupted to its end, be it the old state or the new one. A key whose
 * name in retired/ is seen counts as kept there from now on: so the name must last. */
static int settle(const struct store *store, const char *file, struct error *err)
{
    _cleanup_close_ int fd =
        openat(store->directory, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if ((fd < 0 && errno != ENOENT) || (fd >= 0 && fsync(fd) < 0))
        return error_sys(err, "%s/%s: cannot be made durable", store->path, file);
    _cleanup_close_ int retired =
        openat(store->directory, STORE_RETIRED, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (file_sync_directory(store->directory, store->path, err) < 0 ||
        (retired >= 0 && file_sync_directory(retired, store->path, err) < 0))
        return -1;
    sweep_temporaries(store, retired, file);
    store_change_end(store, file);
    return 0;
}

static int make_claim(const struct store *store, const char *name)
{
    return openat(store->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  0600);
}

int store_change_begin(const struct store *store, const char *file, struct error *err)
{
    char name[FILE_TEMPORARY_NAME];
    store_changing_name(file, name);
    _cleanup_close_ int fd = make_claim(store, name);
    if (fd < 0 && errno == EEXIST) {
        if (settle(store, file, err) < 0)
            return -1;
        fd = make_claim(store, name);
    }
    if (fd < 0) {
        error_sys(err, "%s/%s: cannot be made", store->path, name);
        return store_advise_owner(store->path, err);
    }
    fchmod(fd, store->mode);
    if (fsync(fd) < 0)
        error_sys(err, "%s/%s: cannot be made durable", store->path, name);
    else if (file_sync_directory(store->directory, store->path, err) == 0)
        return 0;
    store_change_end(store, file);
    return -1;
}

void store_change_end(const struct store *store, const char *file)
{
    char name[FILE_TEMPORARY_NAME];
    store_changing_name(file, name);
    unlinkat(store->directory, name, 0);
}

/* Whose the file is to be: what is replaced keeps its owner, group and mode; what is new is the store's owner's,
 * for whom root acts. The mode first: once it is another's, root without CAP_FOWNER could not set it. */
static int give_away(const struct store *store, const struct stat *whose, int fd, const char *path,
                     struct error *err)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return error_sys(err, "%s: cannot be looked at", path);
    fchmod(fd, store->mode);
    bool is_root = geteuid() == 0;
    uid_t owner = is_root ? whose->st_uid : status.st_uid;
    if (status.st_uid == owner && status.st_gid == whose->st_gid)
        return 0;
    if (fchown(fd, owner, whose->st_gid) < 0 && is_root)
        return error_sys(err, "%s: cannot be given to uid %ju", path, (uintmax_t)whose->st_uid);
    return 0;
}

static int fill_change(const struct store *store, int directory, const char *file, int fd,
                       const struct secret *text, struct error *err)
{
    char path[STORE_PATH];
    struct stat replaced;
    struct store as = *store;
    const struct stat *whose = &store->status;
    store_file_path(store, file, path);
    if (fstatat(directory, file, &replaced, AT_SYMLINK_NOFOLLOW) == 0) {
        whose = &replaced;
        as.mode = replaced.st_mode & 0777;
    }
    if (give_away(&as, whose, fd, path, err) < 0)
        return -1;
    return store_write_whole(&as, fd, path, text, err);
}

int store_write_change(const struct store *store, int directory, const char *file,
                       const struct secret *text, char temporary[FILE_TEMPORARY_NAME],
                       struct error *err)
{
    char prefix[FILE_TEMPORARY_NAME];
    store_change_prefix(file, prefix);
    _cleanup_close_ int fd = file_temporary(directory, prefix, temporary, err);
    if (fd < 0) {
        error_within(err, "%s/%s", store->path, file);
        return store_advise_owner(store->path, err);
    }
    if (fill_change(store, directory, file, fd, text, err) == 0)
        return 0;
    unlinkat(directory, temporary, 0);
    return -1;
}

/* Up to the moment from which readers can see it. */
static int put_in_place(const struct store *store, const char *file, const struct secret *text,
                        struct error *err)
{
    char temporary[FILE_TEMPORARY_NAME];
    if (store_write_change(store, store->directory, file, text, temporary, err) < 0)
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
    if (store_change_begin(store, file, err) < 0)
        return -1;
    if (put_in_place(store, file, text, err) < 0) {
        store_change_end(store, file);
        return -1;
    }
    /* If that fails the claim stays, and tells the next reader to try again. */
    if (file_sync_directory(store->directory, store->path, err) < 0)
        return -1;
    store_change_end(store, file);
    return 0;
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
    settle(store, name, &ignored);
    settle(store, staged, &ignored);
}
