#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/access.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "store/names.h"
#include "store/new_file.h"
#include "store/owner.h"

/* Each try fails only if another process removed the temporary at that moment. */
enum { TRIES = 100 };

enum { POLL_EVERY_MS = 20, WRONG_OWNER = -2 };

static int open_lock(const struct store *store)
{
    return openat(store->directory, STORE_LOCK, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

/* Callers go on without a lock after ERROR_SYSTEM, but not after ERROR_REFUSED. */
static void make_system_error(struct error *err)
{
    if (err->kind != ERROR_REFUSED)
        return;
    err->kind = ERROR_SYSTEM;
    err->errnum = EPERM;
}

static int not_opened(const struct store *store, struct error *err)
{
    error_sys(err, "%s/%s", store->path, STORE_LOCK);
    if (err->errnum == ELOOP || err->errnum == EISDIR) {
        return error_hint(err, "move it away: fernit creates a file there");
    }
    return store_advise_file(store->directory, store->path, STORE_LOCK, err);
}

/* The file gets its name only when all users of the store can open it: after a crash they must not be locked out.
 * Returns 0; -1 with errno; or WRONG_OWNER with *err. */
static int make_lock(const struct store *store, struct error *err)
{
    struct access access;
    char prefix[FILE_TEMPORARY_NAME];
    char temporary[FILE_TEMPORARY_NAME];
    store_temporary_prefix("fernet_key", prefix);
    access_new(&store->status, store->mode, &access);
    _cleanup_close_ int fd = file_temporary(store->directory, prefix, temporary, err);
    if (fd < 0)
        return -1;
    char path[STORE_PATH];
    store_file_path(store, STORE_LOCK, path);
    bool is_ready = access_set(fd, &access, path, err) == 0;
    if (is_ready && (store_check_own(store, fd, path, err) < 0 ||
                     store_check_owner(store, &access, fd, path, err) < 0)) {
        unlinkat(store->directory, temporary, 0);
        make_system_error(err);
        return WRONG_OWNER;
    }
    if (is_ready && file_publish(store->directory, temporary, STORE_LOCK) == 0)
        return 0;
    int errnum = errno;
    unlinkat(store->directory, temporary, 0);
    errno = errnum;
    if (!is_ready)
        return -1;
    if (file_link_is_impossible(errnum)) {
        _cleanup_close_ int plain = store_make_claim(store, STORE_LOCK);
        return plain < 0 && errno != EEXIST ? -1 : 0;
    }
    return errnum == EEXIST || errnum == ENOENT ? 0 : -1;
}

int store_lock(const struct store *store, const struct deadline *deadline, struct error *err)
{
    _cleanup_close_ int fd = open_lock(store);
    int made = 0;
    err->ignores_advice = false;
    for (int again = 0; fd < 0 && made == 0 && errno == ENOENT && again < TRIES; again++) {
        made = make_lock(store, err);
        fd = made < 0 ? -1 : open_lock(store);
    }
    if (made == WRONG_OWNER)
        return -1;
    if (fd < 0 && err->ignores_advice)
        return error_within(err, "%s/%s", store->path, STORE_LOCK);
    if (fd < 0)
        return not_opened(store, err);

    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    while (fcntl(fd, F_OFD_SETLK, &whole) < 0) {
        if (errno != EAGAIN && errno != EACCES)
            return error_sys(err, "%s/%s: cannot be locked", store->path, STORE_LOCK);
        if (deadline_passed(deadline)) {
            error_refused(err, "%s/%s: another fernit has held the lock for too long", store->path,
                          STORE_LOCK);
            error_id(err, "lock-held");
            error_hint(err, "wait longer: --lock-timeout");
            return error_hint(err, "or, if the other fernit hangs, end it");
        }
        if (deadline_wait(deadline, -1, POLL_EVERY_MS, err) < 0)
            return -1;
    }
    return cleanup_keep(&fd);
}

int store_lock_foresee(const struct store *store, struct error *err)
{
    _cleanup_close_ int fd = open_lock(store);
    if (fd >= 0)
        return 0;
    if (errno != ENOENT || !file_folder_is_writable(store->path))
        return not_opened(store, err);
    if (store_new_foresee(store, STORE_LOCK, err) == 0)
        return 0;
    make_system_error(err);
    return -1;
}

bool store_lock_is_missing(const struct error *err)
{
    int errnum = err->kind == ERROR_SYSTEM ? err->errnum : 0;
    return errnum == ENOLCK || errnum == ENOSYS || errnum == EOPNOTSUPP || errnum == EINVAL;
}
