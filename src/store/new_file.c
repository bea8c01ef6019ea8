#include "store/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/access.h"
#include "base/error.h"
#include "base/file.h"
#include "store/check_mode.h"
#include "store/names.h"

int store_check_own(const struct store *store, int fd, const char *path, struct error *err)
{
    struct stat status;
    struct mode_findings ignored = {0};
    if (fstat(fd, &status) < 0)
        return error_sys(err, "%s: cannot be looked at", path);
    if (store_check_mode(store, fd, path, &status, &ignored, err) == 0)
        return 0;
    error_refused(
        err, "%s: cannot be created: new files there get uid %ju as owner, the store has uid %ju",
        path, (uintmax_t)status.st_uid, (uintmax_t)store->status.st_uid);
    error_id(err, "store-owner");
    return error_hint(err, "give --store a new folder there: fernit creates it, for uid %ju",
                      (uintmax_t)status.st_uid);
}

static bool has_ring_of_another(const struct store *store)
{
    struct stat ring;
    return fstatat(store->directory, "fernet_key", &ring, AT_SYMLINK_NOFOLLOW) == 0 &&
           ring.st_uid != geteuid();
}

int store_check_owner(const struct store *store, const struct access *access, int fd,
                      const char *path, struct error *err)
{
    return access_check_owner(fd, access, has_ring_of_another(store), path, err);
}

int store_foresee_owner(const struct store *store, const struct access *access, const char *path,
                        struct error *err)
{
    return access_foresee(access, has_ring_of_another(store), path, err);
}

int store_write_whole(const struct store *store, const struct access *access, int fd,
                      const char *path, const struct secret *text, struct error *err)
{
    if (access_set(fd, access, path, err) < 0 || store_check_own(store, fd, path, err) < 0 ||
        store_check_owner(store, access, fd, path, err) < 0 ||
        file_write(fd, path, text->bytes, text->length, err) < 0)
        return -1;
    return fsync(fd) < 0 ? error_sys(err, "%s: cannot be synced to disk", path) : 0;
}

int store_make_claim(const struct store *store, const char *name)
{
    struct error ignored;
    struct access access;
    int fd =
        openat(store->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    access_new(&store->status, store->mode, &access);
    if (fd >= 0)
        access_set(fd, &access, name, &ignored);
    return fd;
}

int store_new_foresee(const struct store *store, const char *name, struct error *err)
{
    char path[STORE_PATH];
    struct access access;
    store_file_path(store, name, path);
    access_new(&store->status, store->mode, &access);
    return store_foresee_owner(store, &access, path, err);
}
