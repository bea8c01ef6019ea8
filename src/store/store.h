/* The store: a directory on a volume that outlives the container, with one file for each secret.
 *
 * <store>/fernet_key is plain text on one line, as Airflow would read it: `cat` is a valid fernet_key_cmd, and a
 * person can restore a backup with `cp` or `printf`. Only store_retired_destroy (store/retired.h) erases a key.
 *
 * Beside a secret NAME there can be:
 *
 *     NAME.staged                           keys that only decrypt yet
 *     retired/                              keys that left the ring
 *     .NAME.tmp.<random>                    a file that is being created
 *     .NAME.claim                           NAME is being created, on a file system without links and without
 *                                           RENAME_NOREPLACE (store/create.h)
 *     .FILE.change.<random>, .FILE.changing the same two for a change of FILE (store/update.h)
 *     .lock                                 the lock (store/lock.h)
 *     .airflow.cfg.<hash of its path>       a copy from which an interrupted write of a bind-mounted airflow.cfg is
 *                                           finished (airflow/cfg_in_place.h)
 *
 * Other users may be able to write to the volume, so fernit reads with care: no symbolic links, only regular files
 * of at most 64 KiB, and only with a safe owner and mode (store/check_mode.h). It never changes the mode of an
 * existing file.
 *
 * store.c opens, creates and lists; read.c reads.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/secret.h"

struct error;

enum { STORE_MOST = 64 * 1024, STORE_PATH = 4096 };

struct store {
    const char *path;   /* borrowed */
    int directory;      /* -1: it does not exist */
    struct stat status; /* of the directory */
    mode_t mode;        /* of new files in it */
};

#define _cleanup_store_ _cleanup_(store_close)

/* Opens the directory. A missing one is no error. Returns 0, or -1 with ERROR_SYSTEM. */
int store_open(struct store *store, const char *path, mode_t mode, struct error *err);

/* Creates the directory if it is missing, with store_directory_mode, and opens it. Makes its name durable, and the
 * names of the folders above it: another process may have created them.
 * Returns 0, or -1 with ERROR_SYSTEM or ERROR_INPUT. */
int store_make(struct store *store, struct error *err);

/* Predicts, by permissions and mounts, whether the directory and a file in it can be created. Creates nothing.
 * Returns 0, or -1 with the error. */
int store_foresee(const struct store *store, struct error *err);

/* The mode of a directory for files of `mode`: with x where `mode` has r. */
mode_t store_directory_mode(mode_t mode);

/* Which of the names above exist. */
struct store_scan {
    bool claim;       /* .NAME.claim */
    bool temporaries; /* .NAME.tmp.* */
    bool changing;    /* .NAME.changing or .NAME.staged.changing: call store_tidy_changes */
    bool changes;     /* .NAME.change.* or .NAME.staged.change.*: call store_tidy_changes */
    bool staged;      /* NAME.staged */
    bool retired;     /* retired/: of NAME or of other secrets */
    bool copies;      /* .airflow.cfg.* */
};

/* Adds what the name `entry` of a directory tells. */
void store_scan_note(struct store_scan *scan, const char *name, const char *entry);

/* Fills *scan with one listing of the directory. Returns 0, or -1 with ERROR_SYSTEM. */
int store_scan(const struct store *store, const char *name, struct store_scan *scan,
               struct error *err);

enum store_finding {
    STORE_NOTHING,    /* no directory, or no such file */
    STORE_HOLDS,      /* the text was read and is durable */
    STORE_UNFINISHED, /* another start has claimed the name and not written all of it: do not use it */
};

struct store_file {
    struct secret text;
    struct secret
        staged; /* of NAME.staged; empty: none. It may exist without NAME (STORE_NOTHING) */
    enum store_finding finding;
    bool staged_failed;   /* the error is about NAME.staged; NAME itself may be good */
    bool readable_by_all; /* NAME or NAME.staged is readable for all users: warn */
    bool modeless;        /* writable for all users, on a file system without modes: warn */
    struct store_scan scan;
};

/* Reads NAME and NAME.staged, without the lock. `is_value`: NAME is one value, else Fernet keys. This decides
 * whether a file without a newline at its end is complete: keys are if they can be parsed, a value is unless it
 * has a claim.
 *
 * If a file may not be durable yet, this fsyncs files and directory before it returns, because a power cut could
 * remove a key that is already in use. A claim or a link count above one tells that. A key that another process
 * moves from staged into the ring at the same moment is found in one of the two.
 *
 * Returns 0, or -1: ERROR_INPUT or ERROR_REFUSED "<store>/NAME: ..." for a file that is not fernit's,
 * ERROR_SYSTEM. */
int store_read(const struct store *store, const char *name, bool is_value, struct store_file *file,
               struct error *err);

/* The same for a caller that is about to change NAME: opens NAME.staged by its name, because on a network file
 * system a listing of the directory may be out of date. */
int store_read_by_names(const struct store *store, const char *name, bool is_value,
                        struct store_file *file, struct error *err);

enum { STORE_WANTED_MOST = 8 };

struct store_wanted {
    const char *name; /* borrowed */
    bool is_value;
};

/* store_read for at most STORE_WANTED_MOST secrets, with one listing of the directory. Each has its finding in
 * files[i], or its error in errors[i]. */
void store_read_all(const struct store *store, const struct store_wanted *wanted, size_t count,
                    struct store_file *files, struct error *errors);

/* Removes .NAME.tmp.* and .NAME.claim that a crash has left. Call it only after NAME was read (STORE_HOLDS). A
 * file that cannot be removed does no harm. */
void store_tidy(const struct store *store, const char *name, const struct store_scan *scan);

/* "<store>/NAME", for messages. */
void store_file_path(const struct store *store, const char *name, char path[STORE_PATH]);

void store_file_free(struct store_file *file);
void store_close(struct store *store);
#define _cleanup_store_file_ _cleanup_(store_file_free)
