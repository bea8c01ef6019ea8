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

/* Each time another process must have created a claim and removed it in between. */
enum { CLAIM_TRIES = 1000 };

enum { AT_WORK = 2, LOOK_EVERY_MS = 20 }; /* beside enum store_created: another one is making it */

/* What all three ways need. */
struct creation {
    const struct store *store;
    const char *name;
    bool is_value;
    const struct secret *text;
    bool alone;
    const struct deadline *deadline;
    char path[STORE_PATH];
    char temporary[FILE_TEMPORARY_NAME]; /* empty: none to remove */
    bool claimed;                        /* the claim is one that we have made */
};

static void drop_claim(const struct creation *creation);

/* A claim without the file it was made for would make damage of later days pass for unfinished. */
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

/* That the name was removed since it was seen. Docker Desktop says EINVAL, network file systems say ESTALE. */
static bool has_gone(int errnum)
{
    return errnum == ENOENT || errnum == ESTALE || errnum == EINVAL;
}

/* Returns the claim, opened for its fsync; -1 with has_gone(errno): who had made it has just removed it. */
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
    for (int again = 0; fd < 0 && has_gone(errno) && again < CLAIM_TRIES; again++)
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

/* What stands under the name already is left alone if it is whole, or if another one may be writing it; else it is
 * made anew. Returns as store_create, or AT_WORK. */
static int write_in_place(struct creation *creation, bool finishes, struct error *err)
{
    int directory = creation->store->directory;
    _cleanup_store_file_ struct store_file found = {0};
    if (store_read(creation->store, creation->name, creation->is_value, &found, err) < 0)
        return -1;
    if (found.finding == STORE_HOLDS) {
        drop_claim(creation);
        return STORE_EXISTS;
    }
    if (found.finding == STORE_UNFINISHED && !finishes)
        return AT_WORK;
    if (claim(creation, err) < 0)
        return -1;
    if (found.finding == STORE_UNFINISHED)
        unlinkat(directory, creation->name, 0);
    _cleanup_close_ int fd = openat(directory, creation->name,
                                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    /* The other two ways need no lock, and give the name to what is whole. */
    if (fd < 0 && errno == EEXIST)
        return AT_WORK;
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

/* The third way. */
static int by_lock(struct creation *creation, struct error *err)
{
    bool finishes = creation->alone || lock_reaches(creation->store);
    _cleanup_close_ int lock = finishes ? store_lock(creation->store, creation->deadline, err) : -1;
    if (finishes && lock < 0 && !(creation->alone && store_lock_is_missing(err)))
        return -1;
    int written;
    while ((written = write_in_place(creation, finishes, err)) == AT_WORK) {
        if (deadline_passed(creation->deadline)) {
            error_refused(err, "%s: another start began to write it, and has not finished",
                          creation->path);
            return error_id(err, "unfinished-key");
        }
        if (deadline_wait(creation->deadline, -1, LOOK_EVERY_MS, err) < 0)
            return -1;
    }
    return written;
}

/* Another one was first. If it died in the middle of the third way, its work is to be finished. */
static int exists(struct creation *creation, struct error *err)
{
    _cleanup_store_file_ struct store_file found = {0};
    if (store_read(creation->store, creation->name, creation->is_value, &found, err) < 0)
        return -1;
    return found.finding == STORE_UNFINISHED ? by_lock(creation, err) : STORE_EXISTS;
}

static int by_rename(struct creation *creation, struct error *err)
{
    int directory = creation->store->directory;
    struct stat status;
    /* What is there before our claim is not to pass for unfinished because of it. */
    if (fstatat(directory, creation->name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        return exists(creation, err);
    if (claim(creation, err) < 0)
        return -1;
    if (renameat2(directory, creation->temporary, directory, creation->name, RENAME_NOREPLACE) <
        0) {
        /* ENOENT: whoever was first has swept our temporary away. */
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
    /* If that fails the temporary stays: a link count of two tells the next reader to try again. */
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
