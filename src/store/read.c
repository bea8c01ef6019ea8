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

/* An incomplete file, and a change during the read, cause one more read each. ESTALE (another host has replaced
 * the file) causes more, up to this number. */
enum { READS_MOST = 4 };

enum { READ_AGAIN = 1 };

struct reading {
    const struct store *store;
    const char *name;
    bool is_value;
    bool staged_first;  /* read NAME.staged, before the ring */
    bool first;         /* this is the first read */
    int ring;           /* descriptor of NAME; -1: missing */
    int staged;         /* descriptor of NAME.staged; -1: missing, or not read */
    struct stat status; /* of the ring */
    struct store_file *file;
};

static void close_both(const struct reading *reading)
{
    cleanup_close(&reading->ring);
    cleanup_close(&reading->staged);
}

/* A key that a person has restored by hand may lack the newline, and is complete. Of a value without newline this
 * cannot be told. */
static bool is_complete(const struct secret *text, bool is_value)
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

/* A value may be an older one: it is as good as before the replacement. */
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

/* Decides what the files that were read are, by the names that were listed after the read. The listing must come
 * later: if a claim is gone by then, its file is durable; a claim made after an earlier listing would be missed.
 *
 * promote moves a key from NAME.staged to NAME by two changes, NAME first. Reading in the other order finds the
 * key in one of them. After a read of NAME alone, read again if NAME.staged exists or NAME was replaced.
 * Returns 0, READ_AGAIN, or -1. */
static int classify(struct reading *reading, struct error *err)
{
    struct store_file *file = reading->file;
    const struct store_scan *scan = &file->scan;
    bool exists = reading->ring >= 0;
    bool complete = exists && is_complete(&file->text, reading->is_value);
    /* Incomplete without a claim: damage, or completed meanwhile. A second read tells. */
    if (exists && !complete && !scan->claim && reading->first)
        return READ_AGAIN;
    if (!reading->staged_first && (scan->staged || was_replaced(reading))) {
        reading->staged_first = true;
        return READ_AGAIN;
    }
    file->finding = !exists                    ? STORE_NOTHING
                    : complete || !scan->claim ? STORE_HOLDS
                                               : STORE_UNFINISHED;
    if (file->finding == STORE_UNFINISHED)
        return 0;
    bool unsettled = scan->changing || (exists && (scan->claim || reading->status.st_nlink > 1));
    return unsettled ? make_durable(reading, err) : 0;
}

static int read_once(struct reading *reading, struct error *err)
{
    struct store_file *file = reading->file;
    struct error of_staged = {0};
    file->readable_by_all = file->modeless = file->staged_failed = false;
    bool failed = reading->staged_first && open_staged(reading, &of_staged) < 0;
    /* If both fail, the error is the ring's. */
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
    for (int reads = 1;; reads++) {
        int result = read_once(reading, err);
        close_both(reading);
        reading->ring = reading->staged = -1;
        reading->first = false;
        if (result == 0)
            return 0;
        if (result < 0 && (err->errnum != ESTALE || reads == READS_MOST))
            return -1;
    }
}

static struct reading new_reading(const struct store *store, const struct store_wanted *wanted,
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
    struct reading reading = new_reading(store, &wanted, file);
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

struct readings {
    struct reading list[STORE_WANTED_MOST];
    size_t count;
};

static void note_all(const char *entry, void *context)
{
    const struct readings *all = context;
    for (size_t i = 0; i < all->count; i++)
        store_scan_note(&all->list[i].file->scan, all->list[i].name, entry);
}

/* Opens all rings, and lists the names once for all of them. Returns whether every ring was opened or is missing,
 * and the names were listed. */
static bool open_all(const struct store *store, struct readings *all)
{
    struct error ignored;
    bool good = true;
    for (size_t i = 0; i < all->count; i++)
        good = open_ring(&all->list[i], &ignored) == 0 && good;
    return good && file_list(store->directory, note_all, all, &ignored) == 0;
}

void store_read_all(const struct store *store, const struct store_wanted *wanted, size_t count,
                    struct store_file *files, struct error *errors)
{
    struct readings all = {.count = count};
    for (size_t i = 0; i < count; i++) {
        all.list[i] = new_reading(store, &wanted[i], &files[i]);
        errors[i] = (struct error){0};
    }
    bool good = store->directory >= 0 && open_all(store, &all);
    for (size_t i = 0; i < count; i++) {
        int classified = good ? classify(&all.list[i], &errors[i]) : READ_AGAIN;
        close_both(&all.list[i]);
        if (classified == 0 || store->directory < 0)
            continue;
        store_file_free(&files[i]);
        /* A failed fsync is not repeated: the kernel reports the failure only once. */
        if (classified < 0 && errors[i].errnum != ESTALE)
            continue;
        /* All other cases need a read of their own. */
        if (store_read(store, wanted[i].name, wanted[i].is_value, &files[i], &errors[i]) == 0)
            errors[i] = (struct error){0};
    }
}

void store_file_free(struct store_file *file)
{
    secret_free(&file->text);
    secret_free(&file->staged);
}
