#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
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

static int advise_on_making(const struct store *store, struct error *err)
{
    error_within(err, "the store");
    return store_advise_owner(store->path, err);
}

static int refuse_link(const struct store *store, struct error *err)
{
    error_input(err, "the store %s: is a symbolic link to nothing", store->path);
    return error_hint(err, "let it lead to a folder");
}

int store_foresee(const struct store *store, struct error *err)
{
    struct stat status;
    if (store->directory < 0 && lstat(store->path, &status) == 0)
        return refuse_link(store, err);
    if (store->directory < 0)
        return file_make_directory_foresee(store->path, store_directory_mode(store->mode), err) < 0
                   ? advise_on_making(store, err)
                   : 0;
    return file_folder_is_writable(store->path)
               ? 0
               : error_sys(err, "the store %s: cannot create a temporary file", store->path);
}

static int make_and_open(struct store *store, struct error *err)
{
    if (file_make_directory(store->path, store_directory_mode(store->mode), err) < 0)
        return advise_on_making(store, err);
    if (store_open(store, store->path, store->mode, err) < 0)
        return -1;
    if (store->directory >= 0)
        return 0;
    return refuse_link(store, err);
}

int store_make(struct store *store, struct error *err)
{
    if (store->directory < 0 && make_and_open(store, err) < 0)
        return -1;
    return file_sync_above(store->directory, store->path, err);
}

void store_file_path(const struct store *store, const char *name, char path[STORE_PATH])
{
    snprintf(path, STORE_PATH, "%s/%s", store->path, name);
}

/* The text behind `start`, or NULL. */
static const char *after(const char *text, const char *start)
{
    size_t length = strlen(start);
    return strncmp(text, start, length) == 0 ? text + length : NULL;
}

/* `rest` is what follows ".NAME" in a file's name. */
static void note_hidden(const char *rest, struct store_scan *scan)
{
    scan->temporaries |= file_is_temporary(rest, ".tmp.");
    scan->claim |= strcmp(rest, ".claim") == 0;
    const char *behind = after(rest, ".staged");
    rest = behind ? behind : rest;
    scan->changes |= file_is_temporary(rest, ".change.");
    scan->changing |= strcmp(rest, ".changing") == 0;
}

void store_scan_note(struct store_scan *scan, const char *name, const char *entry)
{
    bool hidden = *entry == '.';
    const char *rest = after(entry + hidden, name);
    scan->copies |= hidden && after(entry, STORE_COPY_PREFIX);
    scan->retired |= strcmp(entry, STORE_RETIRED) == 0;
    if (rest && hidden)
        note_hidden(rest, scan);
    else if (rest)
        scan->staged |= strcmp(rest, ".staged") == 0;
}

struct search {
    const struct store *store;
    const char *name;
    struct store_scan *scan;
};

static void note(const char *entry, void *context)
{
    const struct search *search = context;
    store_scan_note(search->scan, search->name, entry);
}

static void sweep(const char *entry, void *context)
{
    const struct search *search = context;
    struct store_scan one = {0};
    store_scan_note(&one, search->name, entry);
    if (one.temporaries || one.claim)
        file_sweep(search->store->directory, entry);
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
    struct search search = {.store = store, .name = name};
    file_list(store->directory, sweep, &search, &ignored);
}

void store_close(struct store *store)
{
    cleanup_close(&store->directory);
    store->directory = -1;
}
