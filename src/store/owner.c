#include "store/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/access.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/trusted.h"
#include "store/names.h"

enum { OWN_MOST = 512 };

/* Whether it is a system directory, which other programs use too. hier(7) */
static bool is_shared(const char *path)
{
    static const char *const names[] = {
        "",    "bin",  "boot", "dev", "etc",  "home", "lib", "lib64", "media", "mnt",
        "opt", "proc", "root", "run", "sbin", "srv",  "sys", "tmp",   "usr",   "var",
    };
    /* musl's realpath keeps two slashes at the start. */
    _cleanup_free_ char *whole = realpath(path, NULL);
    for (size_t i = 0; whole && i < sizeof names / sizeof *names; i++)
        if (strcmp(whole + strspn(whole, "/"), names[i]) == 0)
            return true;
    return !whole;
}

/* Lists the directory and fernit's own files in it, for a chown in that directory. Files that this user cannot see are
 * listed if they probably exist. Returns false if the list does not fit. */
static bool list_own(const char *path, char *words, size_t size)
{
    enum { PROBABLE = 5 };
    static const char *const names[] = {
        "fernet_key",
        "secret_key",
        "jwt_secret",
        "internal_api_secret_key",
        STORE_LOCK,
        "fernet_key.staged",
        "secret_key.staged",
        "jwt_secret.staged",
        "internal_api_secret_key.staged",
        STORE_RETIRED,
    };
    int length = snprintf(words, size, ".");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char file[PATH_MAX];
        struct stat status;
        if (length < 0 || (size_t)length >= size)
            return false;
        snprintf(file, sizeof file, "%s/%s", path, names[i]);
        bool found = lstat(file, &status) == 0;
        bool folder = strcmp(names[i], STORE_RETIRED) == 0;
        bool right = found && (folder ? S_ISDIR(status.st_mode) : S_ISREG(status.st_mode));
        if (found ? right : errno == EACCES && i < PROBABLE)
            length += snprintf(words + length, size - (size_t)length, " %s", names[i]);
    }
    return length >= 0 && (size_t)length < size;
}

static const char as_root[] = "once, as root: cd %s && chown %ju:%ju %s";

int store_hint_unmapped(struct error *err)
{
    uintmax_t uid = geteuid();
    return error_hint(err,
                      "on the host: chown it to the uid that /proc/self/uid_map shows for %ju\n"
                      "or with podman: podman unshare chown %ju\n"
                      "or mount the volume with podman's option U",
                      uid, uid);
}

/* Adds hints about the owner. Returns false if nothing else can be said. */
static bool advise_other_owner(const struct stat *status, struct error *err)
{
    error_id(err, "store-owner");
    if (access_is_unmapped_uid(status->st_uid)) {
        error_advise(err, "its owner is not known in this user namespace");
        store_hint_unmapped(err);
        return false;
    }
    error_advise(err, "its owner is %ju:%ju, its mode %03o, and fernit runs as %ju:%ju",
                 (uintmax_t)status->st_uid, (uintmax_t)status->st_gid,
                 (unsigned)status->st_mode & 0777, (uintmax_t)geteuid(), (uintmax_t)getegid());
    return true;
}

int store_advise_owner(const char *path, struct error *err)
{
    struct stat status;
    char words[OWN_MOST];
    uintmax_t uid = geteuid();
    uintmax_t gid = getegid();
    if (err->kind != ERROR_SYSTEM || error_ignores_advice(err) ||
        (err->errnum != EACCES && err->errnum != EPERM))
        return -1;
    int known = stat(path, &status);
    if (known < 0 && errno == ENOENT)
        return error_advise(
            err, "create it in the image, owned by this user: RUN install -d -o %ju -g %ju %.300s",
            uid, gid, path);
    if (known < 0 || status.st_uid == uid || !advise_other_owner(&status, err))
        return -1;
    if (is_shared(path) || !list_own(path, words, sizeof words))
        return error_advise(
            err, "give --store a folder of its own, and move the files of the store there");
    error_hint(err, "start fernit as the owner, or give the store to this user:");
    error_hint(err, as_root, path, uid, gid, words);
    error_hint(
        err,
        "to be root, with Docker: docker run --rm -it --user 0 -v VOLUME:%.150s --entrypoint "
        "sh IMAGE",
        path);
    return error_hint(err, "or, in Kubernetes: set fsGroup");
}

int store_advise_file(int directory, const char *path, const char *name, struct error *err)
{
    struct stat status;
    char words[OWN_MOST];
    uintmax_t uid = geteuid();
    uintmax_t gid = getegid();
    if (err->kind != ERROR_SYSTEM || err->errnum != EACCES ||
        fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || status.st_uid == uid ||
        !advise_other_owner(&status, err))
        return -1;
    if (!is_shared(path) && list_own(path, words, sizeof words))
        error_advise(err, as_root, path, uid, gid, words);
    return error_advise(
        err,
        "or, if each start has another user: chmod g+rw the files and set FERNIT_STORE_MODE=0660");
}
