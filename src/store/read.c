#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "fernet/ring.h"
#include "store/check_mode.h"
#include "store/names.h"
#include "store/owner.h"
#include "store/store.h"

/* A file that is not whole and a change that came between are looked at once more each; ESTALE, a file
 * that another host has replaced, until then. */
enum { LOOKS_MOST = 4, LOOK_AGAIN = 1 };

struct reading {
    const struct store *store;
    const char *name;
    bool is_value;
    bool staged_first; /* what is staged is read, too, and before the ring */
    bool first;
    int ring; /* descriptors; -1: missing */
    int staged;
    struct stat status; /* of the ring */
    struct store_file *file;
};

static void close_both(const struct reading *reading)
{
    cleanup_close(&reading->ring);
    cleanup_close(&reading->staged);
}

/* A key that a person has put back by hand may lack the newline: it must not pass for unfinished. Of a value
 * nobody can tell. */
static bool is_whole(const struct secret *text, bool is_value)
{
    if (text->length > 0 && text->bytes[text->length - 1] == '\n')
        return true;
    struct error ignored;
    _cleanup_ring_ struct ring ring = {0};
    return !is_value && ring_parse(&ring, text->bytes, text->length, &ignored) == 0;
}

static int open_one(const struct reading *reading, const char *name, struct stat *status,
                    struct secret *text, struct error *err)
{
    char path[STORE_PATH];
    struct mode_findings findings = {0};
    struct store_file *file = reading->file;
    store_file_path(reading->store, name, path);
    int fd = store_open_file(reading->store, reading->store->directory, name, path, status, text,
                             &findings, err);
    if (fd < 0)
        store_advise_file(reading->store->directory, reading->store->path, name, err);
    file->readable_by_all |= findings.readable_by_all;
    file->modeless |= findings.modeless;
    return fd;
}

static int open_staged(struct reading *reading, struct error *err)
{
    struct stat status;
    char name[FILE_TEMPORARY_NAME];
    struct secret *text = &reading->file->staged;
    store_staged_name(reading->name, name);
    reading->staged = open_one(reading, name, &status, text, err);
    if (reading->staged >= 0 && text->length == 0) {
        error_input(err, "%s/%s: is empty", reading->store->path, name);
        error_id(err, "damaged-key");
        return error_hint(err, "remove it");
    }
    return reading->staged < 0 && err->kind != ERROR_NONE ? -1 : 0;
}

static int open_ring(struct reading *reading, struct error *err)
{
    reading->ring = open_one(reading, reading->name, &reading->status, &reading->file->text, err);
    return reading->ring < 0 && err->kind != ERROR_NONE ? -1 : 0;
}

/* Of values one is used, and an older one is as good as it was. */
static bool was_replaced(const struct reading *reading)
{
    struct stat now;
    const struct stat *then = &reading->status;
    if (reading->ring < 0 || reading->is_value)
        return false;
    return fstatat(reading->store->directory, reading->name, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
           now.st_ino != then->st_ino || now.st_dev != then->st_dev;
}

static int make_durable(const struct reading *reading, struct error *err)
{
    const struct store *store = reading->store;
    if ((reading->ring >= 0 && fsync(reading->ring) < 0) ||
        (reading->staged >= 0 && fsync(reading->staged) < 0))
        return error_sys(err, "%s/%s: cannot be synced to disk", store->path, reading->name);
    return file_sync_directory(store->directory, store->path, err);
}

/* What was read means something only together with the names that were listed after it: a claim that is no
 * longer there then has done its work, while one that came after the listing would go unseen.
 *
 * A key moves from what is staged into the ring by two changes, the ring's first. Whoever reads in the other
 * order finds it in one of them; who has read the ring alone must look again if there is, or was, more.
 * Returns 0, LOOK_AGAIN, or -1. */
static int classify(struct reading *reading, struct error *err)
{
    struct store_file *file = reading->file;
    const struct store_scan *scan = &file->scan;
    bool there = reading->ring >= 0;
    bool whole = there && is_whole(&file->text, reading->is_value);
    /* Neither whole nor claimed: damage, or finished since. A second look tells. */
    if (there && !whole && !scan->claim && reading->first)
        return LOOK_AGAIN;
    if (!reading->staged_first && (scan->staged || was_replaced(reading))) {
        reading->staged_first = true;
        return LOOK_AGAIN;
    }
    file->finding = !there ? STORE_NOTHING : whole || !scan->claim ? STORE_HOLDS : STORE_UNFINISHED;
    if (file->finding == STORE_UNFINISHED)
        return 0;
    bool unsettled = scan->changing || (there && (scan->claim || reading->status.st_nlink > 1));
    return unsettled ? make_durable(reading, err) : 0;
}

static int look(struct reading *reading, struct error *err)
{
    struct store_file *file = reading->file;
    struct error of_staged = {0};
    file->readable_by_all = file->modeless = file->staged_failed = false;
    bool failed = reading->staged_first && open_staged(reading, &of_staged) < 0;
    /* Of two failures the ring's counts, in whatever order they were read. */
    if (open_ring(reading, err) < 0)
        return -1;
    file->staged_failed = failed;
    if (failed) {
        *err = of_staged;
        return -1;
    }
    return store_scan(reading->store, reading->name, &file->scan, err) < 0 ? -1
                                                                           : classify(reading, err);
}

static int read_checked(struct reading *reading, struct error *err)
{
    for (int looks = 1;; looks++) {
        int result = look(reading, err);
        close_both(reading);
        reading->ring = reading->staged = -1;
        reading->first = false;
        if (result == 0)
            return 0;
        if (result < 0 && (err->errnum != ESTALE || looks == LOOKS_MOST))
            return -1;
    }
}

static struct reading first_look(const struct store *store, const struct store_wanted *wanted,
                                 struct store_file *file)
{
    *file = (struct store_file){.finding = STORE_NOTHING};
    return (struct reading){.store = store,
                            .name = wanted->name,
                            .is_value = wanted->is_value,
                            .first = true,
                            .ring = -1,
                            .staged = -1,
                            .file = file};
}

static int read_one(const struct store *store, const char *name, bool is_value, bool staged_first,
                    struct store_file *file, struct error *err)
{
    const struct store_wanted wanted = {name, is_value};
    struct reading reading = first_look(store, &wanted, file);
    reading.staged_first = staged_first;
    if (store->directory < 0 || read_checked(&reading, err) == 0)
        return 0;
    store_file_free(file);
    return -1;
}

int store_read(const struct store *store, const char *name, bool is_value, struct store_file *file,
               struct error *err)
{
    return read_one(store, name, is_value, false, file, err);
}

int store_read_by_names(const struct store *store, const char *name, bool is_value,
                        struct store_file *file, struct error *err)
{
    return read_one(store, name, is_value, true, file, err);
}

struct all {
    struct reading reading[STORE_WANTED_MOST];
    size_t count;
};

static void note_all(const char *entry, void *context)
{
    const struct all *all = context;
    for (size_t i = 0; i < all->count; i++)
        store_scan_note(&all->reading[i].file->scan, all->reading[i].name, entry);
}

/* As look, the names listed once and for all. Returns whether each was opened, or is missing, and the names
 * are known. */
static bool open_all(const struct store *store, struct all *all)
{
    struct error ignored;
    bool good = true;
    for (size_t i = 0; i < all->count; i++)
        good = open_ring(&all->reading[i], &ignored) == 0 && good;
    return good && file_list(store->directory, note_all, all, &ignored) == 0;
}

void store_read_all(const struct store *store, const struct store_wanted *wanted, size_t count,
                    struct store_file *files, struct error *errors)
{
    struct all all = {.count = count};
    for (size_t i = 0; i < count; i++) {
        all.reading[i] = first_look(store, &wanted[i], &files[i]);
        errors[i] = (struct error){0};
    }
    bool good = store->directory >= 0 && open_all(store, &all);
    for (size_t i = 0; i < count; i++) {
        int classified = good ? classify(&all.reading[i], &errors[i]) : LOOK_AGAIN;
        close_both(&all.reading[i]);
        if (classified == 0 || store->directory < 0)
            continue;
        store_file_free(&files[i]);
        /* An fsync that failed is not tried again: the kernel tells it once, and then says that all is well. */
        if (classified < 0 && errors[i].errnum != ESTALE)
            continue;
        /* Whatever else is odd about it, it gets a look of its own. */
        if (store_read(store, wanted[i].name, wanted[i].is_value, &files[i], &errors[i]) == 0)
            errors[i] = (struct error){0};
    }
}

void store_file_free(struct store_file *file)
{
    secret_free(&file->text);
    secret_free(&file->staged);
}
