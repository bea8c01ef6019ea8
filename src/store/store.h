/* The store: a directory on a volume that outlives the container, with one file for each secret.
 *
 * <store>/fernet_key is plain text, the value that Airflow would take, on one line: `cat` is a valid
 * fernet_key_cmd, and a person can restore a backup with `cp` or `printf`. A secret that is there is
 * never replaced and never removed by anything in this module.
 *
 * Names beside it: .NAME.tmp.<random>, a file being made; .NAME.claim, one is being made where the
 * file system knows neither links nor renames without overwriting (store/create.h); .lock;
 * .airflow.cfg.<path's hash>, the copy from which an interrupted write of a bind-mounted airflow.cfg
 * is finished (airflow/cfg_write.h).
 *
 * Reading is careful, because others may be able to write to the volume: no symbolic links, regular
 * files only, at most 64 KiB, owned by us, by root or by the owner of the directory (NFS maps root
 * to nobody), or by anybody where a group of ours may write to the directory and the file is that
 * group's (arbitrary uids with group 0: each of them could replace it anyway), not writable for
 * everybody. Group-writable is accepted where the group is 0, one of
 * ours or the directory's: kubelet makes 0660 of 0600 at each mount with an fsGroup. Modes are never
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
 * r. Returns 0, or -1 with ERROR_SYSTEM or ERROR_INPUT. */
int store_make(struct store *store, struct error *err);

/* The mode of a directory that holds files of `mode`. */
mode_t store_directory_mode(mode_t mode);

/* Which of the names above stand in it. */
struct store_scan {
    bool claim;       /* .NAME.claim */
    bool temporaries; /* .NAME.tmp.* */
    bool copies;      /* .airflow.cfg.* */
};

/* Looks for them with one pass over the directory. Returns 0, or -1 with ERROR_SYSTEM. */
int store_scan(const struct store *store, const char *name, struct store_scan *scan,
               struct error *err);

enum store_finding {
    STORE_NOTHING,    /* no directory, or no such file */
    STORE_HOLDS,      /* the text was read and is durable */
    STORE_UNFINISHED, /* somebody claimed the name and has not written all of it: not to be used */
};

struct store_file {
    enum store_finding finding;
    struct secret text;
    bool readable_by_all; /* worth a warning */
    bool modeless;        /* writable by all, on a file system that has no modes: worth a warning */
    struct store_scan scan;
};

/* Reads NAME. Where it may not be durable yet (a claim, or a link count above one, shows that its
 * maker had not finished) file and directory are fsynced before it returns: a key must not be used
 * that a power cut could take away.
 *
 * Returns 0, or -1: ERROR_INPUT or ERROR_REFUSED with "<store>/NAME: ..." for what is no store file,
 * ERROR_SYSTEM. */
int store_read(const struct store *store, const char *name, struct store_file *file,
               struct error *err);

/* Removes .NAME.tmp.* and .NAME.claim that a crash has left. Only to be called once NAME was read
 * (STORE_HOLDS). What cannot be removed stays: no harm. */
void store_tidy(const struct store *store, const char *name, const struct store_scan *scan);

/* "<store>/NAME", for messages. */
void store_file_path(const struct store *store, const char *name, char path[STORE_PATH]);

void store_file_free(struct store_file *file);
void store_close(struct store *store);
#define _cleanup_store_file_ _cleanup_(store_file_free)
