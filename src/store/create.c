#include "store/create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/access.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "store/lock.h"
#include "store/mount_verdict.h"
#include "store/names.h"
#include "store/new_file.h"
#include "store/owner.h"

/* Each try fails only if another process created and removed a claim at that moment. */
enum { CLAIM_TRIES = 1000 };

enum { POLL_EVERY_MS = 20 };

/* A result beside enum store_created: another start is creating the file. */
enum { IN_PROGRESS = 2 };

/* The arguments and state of all three ways. */
struct creation {
    const struct store *store;
    const char *name;
    bool is_value;
    const struct secret *text;
    bool alone;
    const struct deadline *deadline;
    char path[STORE_PATH];
    char temporary[FILE_TEMPORARY_NAME]; /* empty: none to remove */
    bool claimed;                        /* we created the claim */
};

static void drop_claim(const struct creation *creation);

/* A claim without its file must go: with it, a file that is damaged later would look unfinished. */
static void clean_up(const struct creation *creation)
{
    struct stat status;
    if (*creation->temporary)
        unlinkat(creation->store->directory, creation->temporary, 0);
    if (creation->claimed &&
        fstatat(creation->store->directory, creation->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        drop_claim(creation);
}
#define _cleanup_creation_ _cleanup_(clean_up)

static int write_whole(const struct creation *creation, int fd, struct error *err)
{
    struct access access;
    access_new(&creation->store->status, creation->store->mode, &access);
    return store_write_whole(creation->store, &access, fd, creation->path, creation->text, err);
}

static int write_temporary(struct creation *creation, struct error *err)
{
    char prefix[FILE_TEMPORARY_NAME];
    store_temporary_prefix(creation->name, prefix);
    _cleanup_close_ int fd =
        file_temporary(creation->store->directory, prefix, creation->temporary, err);
    if (fd < 0) {
        *creation->temporary = '\0';
        error_within(err, "the store %s", creation->store->path);
        return store_advise_owner(creation->store->path, err);
    }
    return write_whole(creation, fd, err);
}

static int sync_directory(const struct creation *creation, struct error *err)
{
    return file_sync_directory(creation->store->directory, creation->store->path, err);
}

/* Whether errno says that the name was removed meanwhile. Docker Desktop gives EINVAL, network file systems
 * ESTALE. */
static bool was_removed(int errnum)
{
    return errnum == ENOENT || errnum == ESTALE || errnum == EINVAL;
}

/* Creates the claim or opens the one that exists, for its fsync. Returns -1 with was_removed(errno) if another
 * start removed it between the two. */
static int open_claim(struct creation *creation, const char *name)
{
    int fd = store_make_claim(creation->store, name);
    creation->claimed |= fd >= 0;
    if (fd < 0 && errno == EEXIST)
        fd = openat(creation->store->directory, name,
                    O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    return fd;
}

static int claim(struct creation *creation, struct error *err)
{
    char name[FILE_TEMPORARY_NAME];
    store_claim_name(creation->name, name);
    _cleanup_close_ int fd = open_claim(creation, name);
    for (int again = 0; fd < 0 && was_removed(errno) && again < CLAIM_TRIES; again++)
        fd = open_claim(creation, name);
    if (fd < 0 || fsync(fd) < 0)
        return error_sys(err, "%s/%s: cannot be created", creation->store->path, name);
    return sync_directory(creation, err);
}

static void drop_claim(const struct creation *creation)
{
    char name[FILE_TEMPORARY_NAME];
    store_claim_name(creation->name, name);
    unlinkat(creation->store->directory, name, 0);
}

/* An existing file stays if it is complete, or if another start may be writing it. Else it is created again.
 * Returns as store_create, or IN_PROGRESS. */
static int write_in_place(struct creation *creation, bool may_complete, struct error *err)
{
    int directory = creation->store->directory;
    _cleanup_store_file_ struct store_file found = {0};
    if (store_read(creation->store, creation->name, creation->is_value, &found, err) < 0)
        return -1;
    if (found.finding == STORE_HOLDS) {
        drop_claim(creation);
        return STORE_EXISTS;
    }
    if (found.finding == STORE_UNFINISHED && !may_complete)
        return IN_PROGRESS;
    if (claim(creation, err) < 0)
        return -1;
    if (found.finding == STORE_UNFINISHED)
        unlinkat(directory, creation->name, 0);
    _cleanup_close_ int fd = openat(directory, creation->name,
                                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    /* Another start used one of the other two ways, which need no lock. The next read will find its complete file.
     * */
    if (fd < 0 && errno == EEXIST)
        return IN_PROGRESS;
    if (fd < 0)
        return error_sys(err, "%s: cannot be created", creation->path);
    if (write_whole(creation, fd, err) < 0 || sync_directory(creation, err) < 0)
        return -1;
    drop_claim(creation);
    return STORE_CREATED;
}

static bool lock_reaches(const struct store *store)
{
    static char *const no_environment[] = {NULL};
    struct mount_verdict verdict;
    mount_verdict_find(store->path, no_environment, &verdict);
    return verdict.locks_are_shared;
}

/* The third way. Without a lock it never completes the file of another start. */
static int by_lock(struct creation *creation, struct error *err)
{
    bool may_complete = creation->alone || lock_reaches(creation->store);
    _cleanup_close_ int lock =
        may_complete ? store_lock(creation->store, creation->deadline, err) : -1;
    if (may_complete && lock < 0 && !(creation->alone && store_lock_is_missing(err)))
        return -1;
    int written;
    while ((written = write_in_place(creation, may_complete, err)) == IN_PROGRESS) {
        if (deadline_passed(creation->deadline)) {
            error_refused(err, "%s: another start began to write it, and has not finished",
                          creation->path);
            return error_id(err, "unfinished-key");
        }
        if (deadline_wait(creation->deadline, -1, POLL_EVERY_MS, err) < 0)
            return -1;
    }
    return written;
}

/* Another start was first. If it died in the middle of the third way, the file must be completed. */
static int exists(struct creation *creation, struct error *err)
{
    _cleanup_store_file_ struct store_file found = {0};
    if (store_read(creation->store, creation->name, creation->is_value, &found, err) < 0)
        return -1;
    return found.finding == STORE_UNFINISHED ? by_lock(creation, err) : STORE_EXISTS;
}

/* The second way. */
static int by_rename(struct creation *creation, struct error *err)
{
    int directory = creation->store->directory;
    struct stat status;
    /* Check before the claim: with it, an existing file could look unfinished. */
    if (fstatat(directory, creation->name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        return exists(creation, err);
    if (claim(creation, err) < 0)
        return -1;
    if (renameat2(directory, creation->temporary, directory, creation->name, RENAME_NOREPLACE) <
        0) {
        /* ENOENT: the start that was first has removed our temporary. */
        if (errno == EEXIST || errno == ENOENT)
            return exists(creation, err);
        if (!file_noreplace_is_impossible(errno))
            return error_sys(err, "%s: cannot be created", creation->path);
        return by_lock(creation, err);
    }
    *creation->temporary = '\0';
    if (sync_directory(creation, err) < 0)
        return -1;
    drop_claim(creation);
    return STORE_CREATED;
}

/* The first way. */
static int by_link(struct creation *creation, struct error *err)
{
    int directory = creation->store->directory;
    if (linkat(directory, creation->temporary, directory, creation->name, 0) < 0) {
        if (errno == EEXIST || errno == ENOENT)
            return exists(creation, err);
        if (!file_link_is_impossible(errno))
            return error_sys(err, "%s: cannot be created", creation->path);
        return by_rename(creation, err);
    }
    /* If this fails, the temporary stays: a link count of two tells the next reader to fsync. */
    if (sync_directory(creation, err) < 0) {
        *creation->temporary = '\0';
        return -1;
    }
    return STORE_CREATED;
}

int store_create(const struct store *store, const char *name, bool is_value,
                 const struct secret *text, bool alone, const struct deadline *deadline,
                 struct error *err)
{
    _cleanup_creation_ struct creation creation = {.store = store,
                                                   .name = name,
                                                   .is_value = is_value,
                                                   .text = text,
                                                   .alone = alone,
                                                   .deadline = deadline};
    store_file_path(store, name, creation.path);
    if (write_temporary(&creation, err) < 0)
        return -1;
    return by_link(&creation, err);
}
