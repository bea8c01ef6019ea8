#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "store/names.h"

enum { LOOK_EVERY_MS = 20 };

int store_lock(const struct store *store, const struct deadline *deadline, struct error *err)
{
    _cleanup_close_ int fd = openat(store->directory, STORE_LOCK,
                                    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
        return error_sys(err, "%s/%s", store->path, STORE_LOCK);

    /* A lock that the store's owner, or others of the group, cannot open would lock them out for ever. */
    struct stat status;
    bool ours = fstat(fd, &status) == 0 && status.st_uid == geteuid();
    if (ours && (status.st_mode & 0777) != store->mode)
        fchmod(fd, store->mode);
    if (ours && status.st_uid == 0 && store->status.st_uid != 0)
        fchown(fd, store->status.st_uid, store->status.st_gid);

    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    while (fcntl(fd, F_OFD_SETLK, &whole) < 0) {
        if (errno != EAGAIN && errno != EACCES)
            return error_sys(err, "%s/%s: cannot be locked", store->path, STORE_LOCK);
        if (deadline_passed(deadline))
            return error_refused(err,
                                 "%s/%s: another fernit holds the lock for too long; see what it "
                                 "waits for, or raise --lock-timeout",
                                 store->path, STORE_LOCK);
        if (deadline_wait(deadline, -1, LOOK_EVERY_MS, err) < 0)
            return -1;
    }
    int held = fd;
    fd = -1;
    return held;
}

bool store_lock_is_missing(const struct error *err)
{
    int errnum = err->kind == ERROR_SYSTEM ? err->errnum : 0;
    return errnum == ENOLCK || errnum == ENOSYS || errnum == EOPNOTSUPP || errnum == EINVAL;
}
