#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "fernet/ring.h"
#include "store/names.h"
#include "store/owner.h"

int store_open(struct store *store, const char *path, mode_t mode, struct error *err)
{
    *store = (struct store){.path = path, .directory = -1, .mode = mode};
    store->directory = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->directory < 0)
        return errno == ENOENT ? 0 : error_sys(err, "the store %s", path);
    if (fstat(store->directory, &store->status) < 0)
        return error_sys(err, "the store %s", path);
    return 0;
}

mode_t store_directory_mode(mode_t mode)
{
    return mode | (mode & 0444) >> 2;
}

int store_make(struct store *store, struct error *err)
{
    if (store->directory >= 0)
        return 0;
    if (file_make_directory(store->path, store_directory_mode(store->mode), err) < 0) {
        error_within(err, "the store");
        return store_advise_owner(store->path, err);
    }
    if (store_open(store, store->path, store->mode, err) < 0)
        return -1;
    if (store->directory >= 0)
        return 0;
    return error_input(err, "the store %s: is a symbolic link to nothing; let it lead to a folder",
                       store->path);
}

void store_file_path(const struct store *store, const char *name, char path[STORE_PATH])
{
    snprintf(path, STORE_PATH, "%s/%s", store->path, name);
}

struct search {
    const struct store *store;
    const char *name;
    struct store_scan *scan;
    bool sweep;
};

static void note(const char *entry, void *context)
{
    const struct search *search = context;
    char prefix[FILE_TEMPORARY_NAME];
    if (strncmp(entry, STORE_COPY_PREFIX, strlen(STORE_COPY_PREFIX)) == 0)
        search->scan->copies = true;
    if (*entry != '.')
        return;
    store_temporary_prefix(search->name, prefix);
    bool temporary = strncmp(entry, prefix, strlen(prefix)) == 0;
    store_claim_name(search->name, prefix);
    bool claim = strcmp(entry, prefix) == 0;
    search->scan->temporaries |= temporary;
    search->scan->claim |= claim;
    if (search->sweep && (temporary || claim))
        unlinkat(search->store->directory, entry, 0);
}

int store_scan(const struct store *store, const char *name, struct store_scan *scan,
               struct error *err)
{
    *scan = (struct store_scan){0};
    struct search search = {.store = store, .name = name, .scan = scan};
    if (file_list(store->directory, note, &search, err) < 0)
        return error_within(err, "the store %s", store->path);
    return 0;
}

void store_tidy(const struct store *store, const char *name, const struct store_scan *scan)
{
    if (!scan->temporaries && !scan->claim)
        return;
    struct error ignored;
    struct store_scan seen = {0};
    struct search search = {.store = store, .name = name, .scan = &seen, .sweep = true};
    file_list(store->directory, note, &search, &ignored);
}

static bool is_our_group(gid_t group)
{
    if (group == getegid())
        return true;
    int count = getgroups(0, NULL);
    _cleanup_free_ gid_t *groups = calloc((size_t)(count > 0 ? count : 1), sizeof *groups);
    count = groups ? getgroups(count, groups) : 0;
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

/* File systems that show one mode for all their files, whatever was asked for. */
static bool has_one_mode(int fd)
{
    static const unsigned long types[] = {
        0xff534d42, 0xfe534d42, 0x517b, /* CIFS, SMB2, SMB */
        0x01021997,                     /* 9p */
        0x65735546,                     /* FUSE */
        0x4d44,     0x2011bab0,         /* FAT, exFAT */
        0x786f4256,                     /* VirtualBox folders */
    };
    struct statfs status;
    if (fstatfs(fd, &status) < 0)
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (((unsigned long)status.f_type & 0xffffffffUL) == types[i])
            return true;
    return false;
}

static int judge_owner_and_mode(const struct store *store, int fd, const struct stat *status,
                                struct store_file *file, struct error *err)
{
    uid_t owner = status->st_uid;
    bool shared = (store->status.st_mode & 0020) && status->st_gid == store->status.st_gid &&
                  is_our_group(status->st_gid);
    if (owner != geteuid() && owner != 0 && owner != store->status.st_uid && !shared)
        return error_refused(err,
                             "belongs to uid %ju, who is neither us (%ju), nor root, nor the owner "
                             "of the store (%ju): whoever it is could exchange the key; if it is "
                             "right, chown it",
                             (uintmax_t)owner, (uintmax_t)geteuid(),
                             (uintmax_t)store->status.st_uid);

    file->modeless = (status->st_mode & 0002) && has_one_mode(fd);
    if ((status->st_mode & 0002) && !file->modeless)
        return error_refused(err, "can be written by everybody (mode %03o); chmod o-w it",
                             (unsigned)status->st_mode & 0777);
    if ((status->st_mode & 0020) && !file->modeless && status->st_gid != 0 &&
        status->st_gid != store->status.st_gid && !is_our_group(status->st_gid))
        return error_refused(err,
                             "can be written by group %ju, which is not 0, not one of ours and not "
                             "the store's; chmod g-w it",
                             (uintmax_t)status->st_gid);
    file->readable_by_all = (status->st_mode & 0004) && !file->modeless;
    return 0;
}

/* A key that a person has put back by hand may lack the newline: it must not pass for unfinished. */
static bool is_whole(const struct secret *text)
{
    if (text->length > 0 && text->bytes[text->length - 1] == '\n')
        return true;
    struct error ignored;
    _cleanup_ring_ struct ring ring = {0};
    return ring_parse(&ring, text->bytes, text->length, &ignored) == 0;
}

/* Opens and reads it, with *status. Returns the descriptor; -1 without an error where it is missing. */
static int open_and_read(const struct store *store, const char *name, struct store_file *file,
                         struct stat *status, struct error *err)
{
    *err = (struct error){0};
    char path[STORE_PATH];
    store_file_path(store, name, path);
    _cleanup_close_ int fd = file_open(store->directory, name, O_NOFOLLOW, path, status, err);
    /* ESTALE is a network file system's cache. Where the file is there after all, making it will find
     * that out. */
    if (fd < 0 && (err->errnum == ENOENT || err->errnum == ESTALE)) {
        err->kind = ERROR_NONE;
        return -1;
    }
    if (fd < 0 && err->errnum == ELOOP)
        return error_refused(err, "%s: is a symbolic link, which a store file must not be", path);
    secret_free(&file->text);
    if (fd < 0 || file_read(fd, path, STORE_MOST, &file->text, err) < 0)
        return -1;
    if (judge_owner_and_mode(store, fd, status, file, err) < 0)
        return error_within(err, "%s", path);
    int opened = fd;
    fd = -1;
    return opened;
}

/* The names are listed after the file was opened: a claim that is no longer there then has done its
 * work, while one that came after the listing would go unseen. */
static int read_checked(const struct store *store, const char *name, struct store_file *file,
                        struct error *err)
{
    struct stat status;
    bool whole = false;
    _cleanup_close_ int fd = -1;
    for (int look = 0; look < 2 && !whole; look++) {
        cleanup_close(&fd);
        fd = open_and_read(store, name, file, &status, err);
        if (fd < 0 && err->kind != ERROR_NONE)
            return -1;
        if (store_scan(store, name, &file->scan, err) < 0)
            return -1;
        if (fd < 0)
            return 0;
        whole = is_whole(&file->text);
        if (!whole && file->scan.claim) {
            file->finding = STORE_UNFINISHED;
            return 0;
        }
        /* Neither whole nor claimed: damage, or finished since. A second look tells. */
    }
    file->finding = STORE_HOLDS;
    if (!file->scan.claim && status.st_nlink <= 1)
        return 0;
    if (fsync(fd) < 0)
        return error_sys(err, "%s/%s: cannot be made durable", store->path, name);
    return file_sync_directory(store->directory, store->path, err);
}

int store_read(const struct store *store, const char *name, struct store_file *file,
               struct error *err)
{
    *file = (struct store_file){.finding = STORE_NOTHING};
    if (store->directory < 0)
        return 0;
    if (read_checked(store, name, file, err) < 0) {
        store_file_free(file);
        return -1;
    }
    return 0;
}

void store_file_free(struct store_file *file)
{
    secret_free(&file->text);
}

void store_close(struct store *store)
{
    cleanup_close(&store->directory);
    store->directory = -1;
}
