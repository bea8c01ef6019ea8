#include "run/cfg_copy.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airflow/cfg_in_place.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "store/lock.h"
#include "store/names.h"

int cfg_copy_name(const char *path, char name[FILE_TEMPORARY_NAME], struct error *err)
{
    _cleanup_free_ char *whole = realpath(path, NULL);
    char identity[PATH_MAX + 64];
    char hash[FINGERPRINT_TEXT + 1];
    struct stat status;
    if (!whole || stat(whole, &status) < 0)
        return error_sys(err, "%s", path);
    snprintf(identity, sizeof identity, "%ju %ju %s", (uintmax_t)status.st_dev,
             (uintmax_t)status.st_ino, whole);
    fingerprint(identity, strlen(identity), hash);
    snprintf(name, FILE_TEMPORARY_NAME, "%s%s", STORE_COPY_PREFIX, hash);
    return 0;
}

int cfg_lock_store(const struct context *context, const struct store *store, int *lock,
                   struct error *err)
{
    if (store->directory < 0)
        return 0;
    struct deadline deadline = deadline_in(context->settings->lock_timeout, context->signals);
    *lock = context->pretends ? -1 : store_lock(store, &deadline, err);
    if (*lock >= 0 || (context->pretends && store_lock_foresee(store, err) == 0))
        return 0;
    if (err->kind != ERROR_SYSTEM)
        return -1;
    log_detail("%s: fernit continues without a lock", err->message);
    return 0;
}

int cfg_copy_recover(const struct context *context, const struct findings *findings,
                     struct error *err)
{
    const char *path = findings->cfg_path.bytes;
    char copy[FILE_TEMPORARY_NAME];
    _cleanup_close_ int lock = -1;
    if (!path)
        return 0;
    if (cfg_copy_name(path, copy, err) < 0)
        return err->errnum == ENOENT ? 0 : -1;
    const struct cfg_copy copies = {findings->store.directory, findings->store.path, copy,
                                    findings->store.mode, context->pretends};
    if (!cfg_copy_exists(&copies))
        return 0;
    if (!context->pretends && cfg_lock_store(context, &findings->store, &lock, err) < 0)
        return -1;
    struct deadline deadline = deadline_in(context->settings->lock_timeout, context->signals);
    int recovered = cfg_recover(path, &copies, &deadline, err);
    if (recovered > 0)
        log_notice(NULL, "finished writing %s, which was interrupted", path);
    return recovered;
}
