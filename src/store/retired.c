#include "store/retired.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/access.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "store/check_mode.h"
#include "store/names.h"
#include "store/new_file.h"
#include "store/update.h"

enum { DIGITS = FINGERPRINT_TEXT };

/* The folder retired/, for one secret. */
struct folder {
    const struct store *store;
    const char *name;
    bool is_value;
    int fd; /* -1: there is none */
};

static void close_folder(const struct folder *folder)
{
    cleanup_close(&folder->fd);
}
#define _cleanup_folder_ _cleanup_(close_folder)

/* chown -R is safe here: all files in the folder are fernit's own. */
static int advise(const struct folder *folder, struct error *err)
{
    if (err->kind != ERROR_SYSTEM || (err->errnum != EACCES && err->errnum != EPERM))
        return -1;
    return error_advise(err, "once, as root: chown -R %ju:%ju %s/" STORE_RETIRED,
                        (uintmax_t)geteuid(), (uintmax_t)getegid(), folder->store->path);
}

static int not_a_folder(const struct folder *folder, struct error *err)
{
    struct stat status;
    const char *path = folder->store->path;
    if (errno != ENOTDIR && errno != ELOOP) {
        error_sys(err, "%s/" STORE_RETIRED, path);
        return advise(folder, err);
    }
    bool link =
        fstatat(folder->store->directory, STORE_RETIRED, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISLNK(status.st_mode);
    error_refused(err, "%s/" STORE_RETIRED ": is %s, and not the folder with the retired keys",
                  path, link ? "a symbolic link" : "a file");
    return error_hint(err, "put the folder itself there");
}

static int open_folder(struct folder *folder, struct error *err)
{
    struct stat status;
    struct mode_findings findings = {0};
    const struct store *store = folder->store;
    if (store->directory < 0)
        return 0;
    folder->fd =
        openat(store->directory, STORE_RETIRED, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder->fd < 0)
        return errno == ENOENT ? 0 : not_a_folder(folder, err);
    if (fstat(folder->fd, &status) < 0)
        return error_sys(err, "%s/" STORE_RETIRED, store->path);
    char path[STORE_PATH];
    store_file_path(store, STORE_RETIRED, path);
    return store_check_mode(store, folder->fd, path, &status, &findings, err);
}

static int finish_folder(const struct store *store, int fd, const char *unfinished,
                         struct error *err)
{
    char path[STORE_PATH];
    struct access access;
    store_file_path(store, STORE_RETIRED, path);
    access_new(&store->status, store_directory_mode(store->mode), &access);
    access.is_folder = true;
    if (fd < 0)
        return error_sys(err, "%s: cannot be created", path);
    if (store_check_own(store, fd, path, err) < 0)
        return -1;
    if (file_check_new_folder(fd, &store->status, path, err) < 0 ||
        access_set(fd, &access, path, err) < 0 ||
        store_check_owner(store, &access, fd, path, err) < 0)
        return -1;
    return renameat(store->directory, unfinished, store->directory, STORE_RETIRED) < 0
               ? error_sys(err, "%s: cannot be created", path)
               : 0;
}

/* The folder has another name until the store's owner can use it: after a crash he must not be locked out. The
 * caller has the store's lock. */
static int make_new_folder(const struct store *store, struct error *err)
{
    static const char unfinished[] = "." STORE_RETIRED ".new";
    unlinkat(store->directory, unfinished, AT_REMOVEDIR);
    if (mkdirat(store->directory, unfinished, 0700) < 0)
        return error_sys(err, "%s/%s: cannot be created", store->path, unfinished);
    _cleanup_close_ int fd =
        openat(store->directory, unfinished, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int finished = finish_folder(store, fd, unfinished, err);
    if (finished < 0)
        unlinkat(store->directory, unfinished, AT_REMOVEDIR);
    return finished;
}

static int make_folder(struct folder *folder, struct error *err)
{
    const struct store *store = folder->store;
    if (open_folder(folder, err) < 0)
        return -1;
    if (folder->fd < 0 && (make_new_folder(store, err) < 0 || open_folder(folder, err) < 0))
        return -1;
    if (folder->fd < 0) {
        error_refused(err, "%s/" STORE_RETIRED ": exists, but cannot be seen", store->path);
        return error_hint(err, "try again");
    }
    return file_sync_directory(store->directory, store->path, err);
}

static void file_name(const struct folder *folder, const char *fingerprint,
                      char name[FILE_TEMPORARY_NAME])
{
    snprintf(name, FILE_TEMPORARY_NAME, "%s%s%.*s", folder->is_value ? folder->name : "",
             folder->is_value ? "." : "", DIGITS, fingerprint);
}

struct listing {
    const struct folder *folder;
    struct retired *list;
    bool failed; /* out of memory */
};

static bool is_fingerprint(const char *text)
{
    return strlen(text) == DIGITS && strspn(text, "0123456789abcdef") == DIGITS;
}

static void list_one(const char *entry, void *context)
{
    struct listing *listing = context;
    const struct folder *folder = listing->folder;
    struct retired *list = listing->list;
    size_t length = folder->is_value ? strlen(folder->name) : 0;
    if (folder->is_value && (strncmp(entry, folder->name, length) != 0 || entry[length++] != '.'))
        return;
    if (!is_fingerprint(entry + length))
        return;
    void *more = reallocarray(list->fingerprints, list->count + 1, sizeof *list->fingerprints);
    listing->failed |= !more;
    if (!more)
        return;
    list->fingerprints = more;
    memcpy(list->fingerprints[list->count++], entry + length, DIGITS + 1);
}

static int by_digits(const void *a, const void *b)
{
    return strcmp(a, b);
}

int store_retired_list(const struct store *store, const char *name, bool is_value,
                       struct retired *list, struct error *err)
{
    _cleanup_folder_ struct folder folder = {store, name, is_value, -1};
    struct listing listing = {&folder, list, false};
    *list = (struct retired){0};
    if (open_folder(&folder, err) < 0)
        return -1;
    if (folder.fd < 0)
        return 0;
    if (file_list(folder.fd, list_one, &listing, err) < 0)
        return error_within(err, "%s/" STORE_RETIRED, store->path);
    if (listing.failed)
        return error_sys(err, "cannot list the retired keys");
    if (list->count > 0)
        qsort(list->fingerprints, list->count, sizeof *list->fingerprints, by_digits);
    return 0;
}

bool retired_has(const struct retired *list, const char *fingerprint)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->fingerprints[i], fingerprint) == 0)
            return true;
    return false;
}

static int check_is_one_key(const struct ring *ring, const char *fingerprint, struct error *err)
{
    char text[FINGERPRINT_TEXT + 1] = "";
    if (ring_count(ring) == 1)
        ring_fingerprint(ring, 0, text);
    if (strcmp(text, fingerprint) == 0)
        return 0;
    if (*text)
        error_input(err, "has the key %s in it, and not the key of its name", text);
    else
        error_input(err, "has %zu keys in it, and not only the key of its name", ring_count(ring));
    return error_hint(err, "put back a backup, or move this file away");
}

/* Reads one file into *ring. Returns its descriptor; -1 with ERROR_NONE if it is missing. */
static int open_key(const struct folder *folder, const char *fingerprint, struct ring *ring,
                    struct error *err)
{
    struct stat status;
    char name[FILE_TEMPORARY_NAME];
    char path[STORE_PATH];
    struct mode_findings findings = {0};
    _cleanup_secret_ struct secret text = {0};
    file_name(folder, fingerprint, name);
    snprintf(path, sizeof path, "%s/" STORE_RETIRED "/%s", folder->store->path, name);
    _cleanup_close_ int fd =
        store_open_file(folder->store, folder->fd, name, path, &status, &text, &findings, err);
    if (fd < 0)
        return err->kind == ERROR_NONE ? -1 : advise(folder, err);
    ring->is_value = folder->is_value;
    if (ring_parse(ring, text.bytes, text.length, err) < 0 ||
        check_is_one_key(ring, fingerprint, err) < 0) {
        error_id(err, "damaged-key");
        return error_within(err, "%s", path);
    }
    return cleanup_keep(&fd);
}

int store_retired_read(const struct store *store, const char *name, bool is_value,
                       const char *fingerprint, struct ring *ring, struct error *err)
{
    _cleanup_folder_ struct folder folder = {store, name, is_value, -1};
    if (open_folder(&folder, err) < 0)
        return -1;
    *err = (struct error){0};
    _cleanup_close_ int fd = folder.fd < 0 ? -1 : open_key(&folder, fingerprint, ring, err);
    if (fd < 0 && err->kind == ERROR_NONE)
        return error_input(err, "%s/" STORE_RETIRED ": has no key %s", store->path, fingerprint);
    return fd < 0 ? -1 : 0;
}

static int write_key(const struct folder *folder, const struct ring *keys, size_t index,
                     const char *fingerprint, struct error *err)
{
    char name[FILE_TEMPORARY_NAME];
    char temporary[FILE_TEMPORARY_NAME];
    _cleanup_secret_ struct secret text = {0};
    _cleanup_ring_ struct ring one = {.is_value = folder->is_value};
    file_name(folder, fingerprint, name);
    if (ring_add(&one, ring_key(keys, index), ring_width(keys), err) < 0 ||
        ring_text(&one, &text, err) < 0 || secret_append(&text, "\n", 1, err) < 0)
        return -1;
    /* With the ring's access: no user who could not read the ring may read the key here. */
    if (store_write_change(folder->store, folder->fd, name, folder->name, &text, temporary, err) <
        0)
        return advise(folder, err);
    if (renameat(folder->fd, temporary, folder->fd, name) == 0)
        return 0;
    error_sys(err, "%s/" STORE_RETIRED "/%s: cannot be created", folder->store->path, name);
    unlinkat(folder->fd, temporary, 0);
    return -1;
}

/* An existing file needs an fsync: a crash may have left it before it was durable. */
static int retire_one(const struct folder *folder, const struct ring *keys, size_t index,
                      struct error *err)
{
    char text[FINGERPRINT_TEXT + 1];
    _cleanup_ring_ struct ring existing = {0};
    ring_fingerprint(keys, index, text);
    _cleanup_close_ int fd = open_key(folder, text, &existing, err);
    if (fd < 0)
        return err->kind == ERROR_NONE ? write_key(folder, keys, index, text, err) : -1;
    if (fsync(fd) < 0)
        return error_sys(err, "%s/" STORE_RETIRED "/...%s: cannot be synced to disk",
                         folder->store->path, text);
    return 0;
}

static int retire_all(struct folder *folder, const struct ring *keys, struct error *err)
{
    if (make_folder(folder, err) < 0)
        return -1;
    for (size_t i = 0; i < ring_count(keys); i++)
        if (retire_one(folder, keys, i, err) < 0)
            return -1;
    return file_sync_directory(folder->fd, folder->store->path, err);
}

int store_retire(const struct store *store, const char *name, bool is_value,
                 const struct ring *keys, struct error *err)
{
    _cleanup_folder_ struct folder folder = {store, name, is_value, -1};
    if (store_change_begin(store, name, err) < 0)
        return -1;
    /* If this fails, the claim stays: files that already have their name may not be durable. */
    if (retire_all(&folder, keys, err) < 0)
        return -1;
    store_change_end(store, name);
    return 0;
}

int store_retire_foresee(const struct store *store, const char *name, bool is_value,
                         const struct ring *keys, struct error *err)
{
    char path[STORE_PATH];
    char text[FINGERPRINT_TEXT + 1];
    char file[FILE_TEMPORARY_NAME];
    _cleanup_folder_ struct folder folder = {store, name, is_value, -1};
    if (store_change_foresee(store, name, err) < 0 || open_folder(&folder, err) < 0)
        return -1;
    if (folder.fd < 0)
        return store_new_foresee(store, STORE_RETIRED, err);
    store_file_path(store, STORE_RETIRED, path);
    if (file_folder_is_writable(path))
        return 0;
    ring_fingerprint(keys, 0, text);
    file_name(&folder, text, file);
    error_sys(err, "%s/%s: cannot create a temporary file", path, file);
    return advise(&folder, err);
}

int store_retired_destroy(const struct store *store, const char *name, bool is_value,
                          const char *fingerprint, struct error *err)
{
    char file[FILE_TEMPORARY_NAME];
    _cleanup_folder_ struct folder folder = {store, name, is_value, -1};
    if (open_folder(&folder, err) < 0)
        return -1;
    if (folder.fd < 0)
        return 0;
    file_name(&folder, fingerprint, file);
    if (unlinkat(folder.fd, file, 0) < 0 && errno != ENOENT) {
        error_sys(err, "%s/" STORE_RETIRED "/%s: cannot be removed", store->path, file);
        return advise(&folder, err);
    }
    return file_sync_directory(folder.fd, store->path, err);
}

void retired_free(struct retired *list)
{
    free(list->fingerprints);
    *list = (struct retired){0};
}
