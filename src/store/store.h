/* The store: a directory on a volume that outlives the container, with one file for each secret.
 *
 * <store>/fernet_key is plain text, the value that Airflow would take, on one line: `cat` is a valid
 * fernet_key_cmd, and a person can restore a backup with `cp` or `printf`. Nothing here is ever erased but
 * by store_retired_destroy (store/retired.h).
 *
 * Names beside it: NAME.staged, keys that wait for their turn; retired/, those that were taken out;
 * .NAME.tmp.<random>, a file being made; .NAME.claim, one is being made where the file system knows
 * neither links nor renames without overwriting (store/create.h); .FILE.change.<random> and .FILE.changing,
 * the same of a change (store/update.h); .lock; .airflow.cfg.<path's hash>, the copy from which an
 * interrupted write of a bind-mounted airflow.cfg is finished (airflow/cfg_write.h).
 *
 * Reading is careful, because others may be able to write to the volume: no symbolic links, regular
 * files only, at most 64 KiB, of an owner and mode that keep strangers out (store/check_mode.h). Modes are never
 * changed.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/secret.h"

struct error;

enum { STORE_MOST = 64 * 1024, STORE_PATH = 4096 };

struct store {
    const char *path;   /* borrowed */
    int directory;      /* -1: it does not exist (yet) */
    struct stat status; /* of the directory */
    mode_t mode;        /* of the files that we make in it */
};

#define _cleanup_store_ _cleanup_(store_close)

/* Opens the directory; that it is missing is no error. Returns 0, or -1 with ERROR_SYSTEM. */
int store_open(struct store *store, const char *path, mode_t mode, struct error *err);

/* Opens it, and makes it first where it is missing: with the mode of its files, and x where there is
 * r. Its name, and those of the folders above it, are durable then, whoever has made them.
 * Returns 0, or -1 with ERROR_SYSTEM or ERROR_INPUT. */
int store_make(struct store *store, struct error *err);

/* Why neither it nor a file in it could be made, as far as permissions and mounts tell. Makes nothing.
 * Returns 0, or -1 with ERROR_SYSTEM. */
int store_foresee(const struct store *store, struct error *err);

/* The mode of a directory that holds files of `mode`. */
mode_t store_directory_mode(mode_t mode);

/* Which of the names above stand in it. */
struct store_scan {
    bool claim;       /* .NAME.claim */
    bool temporaries; /* .NAME.tmp.* */
    bool changing;    /* .NAME.changing or .NAME.staged.changing: store_tidy_changes */
    bool changes;     /* .NAME.change.* or .NAME.staged.change.*: the same */
    bool staged;      /* NAME.staged */
    bool retired;     /* retired: there may be some of NAME, or of others */
    bool copies;      /* .airflow.cfg.* */
};

/* Adds what the name `entry` says. */
void store_scan_note(struct store_scan *scan, const char *name, const char *entry);

/* Looks for them with one pass over the directory. Returns 0, or -1 with ERROR_SYSTEM. */
int store_scan(const struct store *store, const char *name, struct store_scan *scan,
               struct error *err);

enum store_finding {
    STORE_NOTHING,    /* no directory, or no such file */
    STORE_HOLDS,      /* the text was read and is durable */
    STORE_UNFINISHED, /* somebody claimed the name and has not written all of it: not to be used */
};

struct store_file {
    struct secret text;
    struct secret staged; /* of NAME.staged; empty: none. It may stand alone, with STORE_NOTHING */
    enum store_finding finding;
    bool staged_failed;   /* the error is NAME.staged's, and NAME itself may be good */
    bool readable_by_all; /* one of the two: worth a warning */
    bool modeless;        /* writable by all, on a file system that has no modes: worth a warning */
    struct store_scan scan;
};

/* Reads NAME, without the lock, and what is staged for it. `is_value`: it is one value, else Fernet keys; that
 * tells whether a file without a newline at its end is whole: keys are if they can be read, a value is unless
 * somebody is making it.
 *
 * Where something may not be durable yet (a claim, or a link count above one, shows that its maker had not
 * finished) files and directory are fsynced before it returns: a key must not be used that a power cut could
 * take away. A key that moves from what is staged into the ring meanwhile is in one of the two.
 *
 * Returns 0, or -1: ERROR_INPUT or ERROR_REFUSED with "<store>/NAME: ..." for what is no store file,
 * ERROR_SYSTEM. */
int store_read(const struct store *store, const char *name, bool is_value, struct store_file *file,
               struct error *err);

/* The same for who is about to change it: whether anything is staged is asked by the name itself, since a listing of
 * the directory may be an old one. */
int store_read_by_names(const struct store *store, const char *name, bool is_value,
                        struct store_file *file, struct error *err);

enum { STORE_WANTED_MOST = 8 };

struct store_wanted {
    const char *name; /* borrowed */
    bool is_value;
};

/* The same for at most STORE_WANTED_MOST of them, at the cost of one listing of the directory. Each has its
 * finding in files[i], or its error in errors[i]. */
void store_read_all(const struct store *store, const struct store_wanted *wanted, size_t count,
                    struct store_file *files, struct error *errors);

/* Removes .NAME.tmp.* and .NAME.claim that a crash has left. Only to be called once NAME was read
 * (STORE_HOLDS). What cannot be removed stays: no harm. */
void store_tidy(const struct store *store, const char *name, const struct store_scan *scan);

/* "<store>/NAME", for messages. */
void store_file_path(const struct store *store, const char *name, char path[STORE_PATH]);

void store_file_free(struct store_file *file);
void store_close(struct store *store);
#define _cleanup_store_file_ _cleanup_(store_file_free)
