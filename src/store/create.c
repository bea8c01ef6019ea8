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
struct attempt {
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

static void drop_claim(const struct attempt *attempt);

/* A claim without its file must go: with it, a file that is damaged later would look unfinished. */
static void clean_up(const struct attempt *attempt)
{
    struct stat status;
    if (*attempt->temporary)
        unlinkat(attempt->store->directory, attempt->temporary, 0);
    if (attempt->claimed &&
        fstatat(attempt->store->directory, attempt->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        drop_claim(attempt);
}
#define _cleanup_attempt_ _cleanup_(clean_up)

static int write_whole(const struct attempt *attempt, int fd, struct error *err)
{
    struct access access;
    access_new(&attempt->store->status, attempt->store->mode, &access);
    return store_write_whole(attempt->store, &access, fd, attempt->path, attempt->text, err);
}

static int write_temporary(struct attempt *attempt, struct error *err)
{
    char prefix[FILE_TEMPORARY_NAME];
    store_temporary_prefix(attempt->name, prefix);
    _cleanup_close_ int fd =
        file_temporary(attempt->store->directory, prefix, attempt->temporary, err);
    if (fd < 0) {
        *attempt->temporary = '\0';
        error_within(err, "the store %s", attempt->store->path);
        return store_advise_owner(attempt->store->path, err);
    }
    return write_whole(attempt, fd, err);
}

static int sync_directory(const struct attempt *attempt, struct error *err)
{
    return file_sync_directory(attempt->store->directory, attempt->store->path, err);
}

/* Whether errno says that the name was removed meanwhile. Docker Desktop gives EINVAL, network file systems
 * ESTALE. */
static bool was_removed(int errnum)
{
    return errnum == ENOENT || errnum == ESTALE || errnum == EINVAL;
}

/* Creates the claim or opens the one that exists, for its fsync. Returns -1 with was_removed(errno) if another
 * start removed it between the two. */
static int open_claim(struct attempt *attempt, const char *name)
{
    int fd = store_make_claim(attempt->store, name);
    attempt->claimed |= fd >= 0;
    if (fd < 0 && errno == EEXIST)
        fd =
            openat(attempt->store->directory, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    return fd;
}

static int claim(struct attempt *attempt, struct error *err)
{
    char name[FILE_TEMPORARY_NAME];
    store_claim_name(attempt->name, name);
    _cleanup_close_ int fd = open_claim(attempt, name);
    for (int again = 0; fd < 0 && was_removed(errno) && again < CLAIM_TRIES; again++)
        fd = open_claim(attempt, name);
    if (fd < 0 || fsync(fd) < 0)
        return error_sys(err, "%s/%s: cannot be created", attempt->store->path, name);
    return sync_directory(attempt, err);
}

static void drop_claim(const struct attempt *attempt)
{
    char name[FILE_TEMPORARY_NAME];
    store_claim_name(attempt->name, name);
    unlinkat(attempt->store->directory, name, 0);
}

/* An existing file stays if it is complete, or if another start may be writing it. Else it is created again.
 * Returns as store_create, or IN_PROGRESS. */
static int write_in_place(struct attempt *attempt, bool may_complete, struct error *err)
{
    int directory = attempt->store->directory;
    _cleanup_store_file_ struct store_file found = {0};
    if (store_read(attempt->store, attempt->name, attempt->is_value, &found, err) < 0)
        return -1;
    if (found.finding == STORE_HOLDS) {
        drop_claim(attempt);
        return STORE_EXISTS;
    }
    if (found.finding == STORE_UNFINISHED && !may_complete)
        return IN_PROGRESS;
    if (claim(attempt, err) < 0)
        return -1;
    if (found.finding == STORE_UNFINISHED)
        unlinkat(directory, attempt->name, 0);
    _cleanup_close_ int fd = openat(directory, attempt->name,
                                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    /* Another start used one of the other two ways, which need no lock. The next read will find its complete file.
     * */
    if (fd < 0 && errno == EEXIST)
        return IN_PROGRESS;
    if (fd < 0)
        return error_sys(err, "%s: cannot be created", attempt->path);
    if (write_whole(attempt, fd, err) < 0 || sync_directory(attempt, err) < 0)
        return -1;
    drop_claim(attempt);
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
static int by_lock(struct attempt *attempt, struct error *err)
{
    bool may_complete = attempt->alone || lock_reaches(attempt->store);
    _cleanup_close_ int lock =
        may_complete ? store_lock(attempt->store, attempt->deadline, err) : -1;
    if (may_complete && lock < 0 && !(attempt->alone && store_lock_is_missing(err)))
        return -1;
    int written;
    while ((written = write_in_place(attempt, may_complete, err)) == IN_PROGRESS) {
        if (deadline_passed(attempt->deadline)) {
            error_refused(err, "%s: another start began to write it, and has not finished",
                          attempt->path);
            return error_id(err, "unfinished-key");
        }
        if (deadline_wait(attempt->deadline, -1, POLL_EVERY_MS, err) < 0)
            return -1;
    }
    return written;
}

/* Another start was first. If it died in the middle of the third way, the file must be completed. */
static int exists(struct attempt *attempt, struct error *err)
{
    _cleanup_store_file_ struct store_file found = {0};
    if (store_read(attempt->store, attempt->name, attempt->is_value, &found, err) < 0)
        return -1;
    return found.finding == STORE_UNFINISHED ? by_lock(attempt, err) : STORE_EXISTS;
}

/* The second way. */
static int by_rename(struct attempt *attempt, struct error *err)
{
    int directory = attempt->store->directory;
    struct stat status;
    /* Check before the claim: with it, an existing file could look unfinished. */
    if (fstatat(directory, attempt->name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        return exists(attempt, err);
    if (claim(attempt, err) < 0)
        return -1;
    if (renameat2(directory, attempt->temporary, directory, attempt->name, RENAME_NOREPLACE) < 0) {
        /* ENOENT: the start that was first has removed our temporary. */
        if (errno == EEXIST || errno == ENOENT)
            return exists(attempt, err);
        if (!file_noreplace_is_impossible(errno))
            return error_sys(err, "%s: cannot be created", attempt->path);
        return by_lock(attempt, err);
    }
    *attempt->temporary = '\0';
    if (sync_directory(attempt, err) < 0)
        return -1;
    drop_claim(attempt);
    return STORE_CREATED;
}

/* The first way. */
static int by_link(struct attempt *attempt, struct error *err)
{
    int directory = attempt->store->directory;
    if (linkat(directory, attempt->temporary, directory, attempt->name, 0) < 0) {
        if (errno == EEXIST || errno == ENOENT)
            return exists(attempt, err);
        if (!file_link_is_impossible(errno))
            return error_sys(err, "%s: cannot be created", attempt->path);
        return by_rename(attempt, err);
    }
    /* If this fails, the temporary stays: a link count of two tells the next reader to fsync. */
    if (sync_directory(attempt, err) < 0) {
        *attempt->temporary = '\0';
        return -1;
    }
    return STORE_CREATED;
}

int store_create(const struct store *store, const char *name, bool is_value,
                 const struct secret *text, bool alone, const struct deadline *deadline,
                 struct error *err)
{
    _cleanup_attempt_ struct attempt attempt = {.store = store,
                                                .name = name,
                                                .is_value = is_value,
                                                .text = text,
                                                .alone = alone,
                                                .deadline = deadline};
    store_file_path(store, name, attempt.path);
    if (write_temporary(&attempt, err) < 0)
        return -1;
    return by_link(&attempt, err);
}
