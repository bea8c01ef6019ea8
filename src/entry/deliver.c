#include "entry/deliver.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airflow/cfg_in_place.h"
#include "base/cleanup.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/ini_edit.h"
#include "base/log.h"
#include "store/lock.h"
#include "store/names.h"

enum { TRIES = 16 };

/* One file, one attempt. */
struct delivery {
    const struct context *context;
    const struct look *look;
    char *const *environment; /* the command's */
    const char *path;
    bool by_environment; /* the command gets the key, whatever becomes of the file */
};

static struct deadline lock_deadline(const struct context *context)
{
    return deadline_in(context->settings->lock_timeout, context->signals);
}

static bool is_ring(const struct ring *ring, const struct ring *other)
{
    return ring_same_first(ring, other) && ring_covers(ring, other) && ring_covers(other, ring);
}

/* What a process with `environment` finds in the file. What the survey has found already is not read
 * again: a steady start comes through here. */
static enum finding find_key(const struct context *context, const struct look *look,
                             const struct cfg *cfg, char *const *environment, struct ring *room,
                             const struct ring **ring, struct error *err)
{
    const struct survey *survey = &look->survey;
    const struct source *source = &survey->sources[survey->cfg_source];
    if (cfg == &survey->cfg && survey->cfg_is_plain) {
        *ring = &source->ring;
        if (source->error)
            *err = *source->error;
        return source->finding;
    }

    *ring = room;
    bool is_plain = false;
    _cleanup_ring_ struct ring outside = {0};
    enum finding found = survey_cfg_key(cfg, environment, room, &is_plain, err);
    if (is_plain || found != FOUND_KEYS)
        return found;
    /* "$FERNET_KEY" is right only if docker exec, which gets our environment, sees the same. */
    enum finding found_outside =
        survey_cfg_key(cfg, context->environment, &outside, &is_plain, err);
    return found_outside == FOUND_KEYS && is_ring(room, &outside) ? FOUND_KEYS : FOUND_PLACEHOLDER;
}

/* Whether Airflow gets the ring from the file's fernet_key_cmd, as its owner meant it: because the ring
 * is what the command has given, or what our own store holds. (`fernit key print` in an environment
 * without FERNIT_STORE may find another store: then the key is in the environment.) */
static bool gives_by_command(const struct context *context, const struct look *look)
{
    const struct source *winner = look->decision.winner;
    if (winner->way == WAY_CFG)
        return winner->by_command;
    return look->survey.cfg_own_store && winner->way == WAY_STORE &&
           context->settings->deliver_environment;
}

enum cfg_need deliver_need(const struct context *context, const struct look *look,
                           const struct cfg *cfg, char *const *environment, struct error *err)
{
    const struct decision *decision = &look->decision;
    if (decision->action != ACTION_SECRET && !context->settings->deliver_cfg)
        return CFG_RIGHT;
    if (!cfg->exists)
        return decision->action == ACTION_SECRET ? CFG_RIGHT : CFG_MAKE;

    _cleanup_ring_ struct ring room = {0};
    const struct ring *ring = NULL;
    enum finding found = find_key(context, look, cfg, environment, &room, &ring, err);
    if (decision->action == ACTION_SECRET) {
        bool blocks = found == FOUND_EMPTY || found == FOUND_PLACEHOLDER;
        return blocks && decision->winner->way == WAY_CFG ? CFG_CLEAR : CFG_RIGHT;
    }

    switch (found) {
    case FOUND_KEYS:
        if (!ring_covers(&decision->ring, ring))
            return CFG_FOREIGN;
        return is_ring(&decision->ring, ring) ? CFG_RIGHT : CFG_SET;
    case FOUND_BROKEN:
        return CFG_BROKEN;
    case FOUND_ABSENT:
        return gives_by_command(context, look) ? CFG_RIGHT : CFG_SET;
    case FOUND_EMPTY:
    case FOUND_PLACEHOLDER:
        return decision->winner->by_command && decision->winner->way == WAY_CFG ? CFG_CLEAR
                                                                                : CFG_SET;
    default:
        return CFG_SET;
    }
}

static int new_text(const struct delivery *delivery, const struct cfg *cfg, enum cfg_need need,
                    struct secret *text, struct error *err)
{
    if (need == CFG_CLEAR)
        return ini_comment_out(&cfg->ini, "core", "fernet_key", text, err);

    static const struct ini empty = {.text = ""};
    _cleanup_secret_ struct secret ring = {0};
    if (ring_text(&delivery->look->decision.ring, &ring, err) < 0)
        return -1;
    return ini_set(need == CFG_MAKE ? &empty : &cfg->ini, "core", "fernet_key", ring.bytes, text,
                   err);
}

/* Named after the file's path and inode, since several containers may share a store, each with a file
 * of its own at the same path. */
static int copy_name(const char *path, char name[FILE_TEMPORARY_NAME], struct error *err)
{
    _cleanup_free_ char *whole = realpath(path, NULL);
    char identity[PATH_MAX + 32];
    char hash[FINGERPRINT_TEXT + 1];
    struct stat status;
    if (!whole || stat(whole, &status) < 0)
        return error_sys(err, "%s", path);
    snprintf(identity, sizeof identity, "%ju %s", (uintmax_t)status.st_ino, whole);
    fingerprint(identity, strlen(identity), hash);
    snprintf(name, FILE_TEMPORARY_NAME, "%s%s", STORE_COPY_PREFIX, hash);
    return 0;
}

/* The file cannot be replaced; `err` says why. */
static int write_fixed(const struct delivery *delivery, const struct cfg *cfg,
                       const struct secret *text, struct error *err)
{
    const struct store *store = &delivery->look->store;
    char copy[FILE_TEMPORARY_NAME];
    if (delivery->by_environment) {
        if (delivery->look->decision.winner->way != WAY_VARIABLE)
            log_warning("%s; the command gets its key by its environment, but docker exec and pod "
                        "templates do not see that: let fernit write the file, or set "
                        "AIRFLOW__CORE__FERNET_KEY for the container",
                        err->message);
        return CFG_WRITTEN;
    }
    if (!cfg->exists)
        return -1;
    if (store->directory < 0)
        return error_advise(err,
                            "to write it in place fernit needs a store for a copy of it, and "
                            "there is no folder %s",
                            store->path);
    if (copy_name(delivery->path, copy, err) < 0)
        return -1;
    const struct cfg_copy place = {store->directory, store->path, copy, store->mode};
    struct deadline deadline = lock_deadline(delivery->context);
    int written = cfg_overwrite(delivery->path, cfg, text, &place, &deadline, err);
    if (written != CFG_FIXED)
        return written;
    return error_advise(err, "make it writable, or deliver by the environment (fernit run "
                             "--deliver env)");
}

/* Airflow 2.7 and later write an airflow.cfg, with a random secret_key, only where there is none: beside
 * ours each of its processes would make up one of its own. */
static void tell_written(const struct delivery *delivery, const struct cfg *cfg, enum cfg_need need)
{
    const char *what = need == CFG_MAKE    ? "made"
                       : need == CFG_CLEAR ? "commented out the empty fernet_key in"
                                           : "wrote the key into";
    log_notice("%s %s", what, delivery->path);
    if (need == CFG_SET && (cfg->status.st_mode & 0004))
        log_warning("%s can be read by everybody; chmod o-r it", delivery->path);
    if (need == CFG_MAKE &&
        !environment_get(delivery->environment, "AIRFLOW__WEBSERVER__SECRET_KEY") &&
        !environment_get(delivery->environment, "AIRFLOW__API__SECRET_KEY"))
        log_notice("it holds the Fernet key alone, and Airflow adds nothing to it: give all "
                   "containers one AIRFLOW__WEBSERVER__SECRET_KEY (Airflow 3: AIRFLOW__API__"
                   "SECRET_KEY, AIRFLOW__API_AUTH__JWT_SECRET), or sessions and logs fail");
}

static int write_once(const struct delivery *delivery, const struct cfg *cfg, enum cfg_need need,
                      struct error *err)
{
    _cleanup_secret_ struct secret text = {0};
    if (new_text(delivery, cfg, need, &text, err) < 0)
        return error_within(err, "%s", delivery->path);
    int written = need == CFG_MAKE ? cfg_create(delivery->path, &text, err)
                                   : cfg_replace(delivery->path, cfg, &text, err);
    if (written == CFG_FIXED)
        return write_fixed(delivery, cfg, &text, err);
    if (written == CFG_WRITTEN)
        tell_written(delivery, cfg, need);
    return written;
}

/* The store's lock, where one can be had (else *lock is -1): a read-only store has nobody to lock
 * out. */
static int lock_store(const struct context *context, const struct store *store, int *lock,
                      struct error *err)
{
    if (store->directory < 0)
        return 0;
    struct deadline deadline = lock_deadline(context);
    *lock = store_lock(store, &deadline, err);
    if (*lock >= 0)
        return 0;
    if (err->kind != ERROR_SYSTEM)
        return -1;
    log_detail("%s: goes on without a lock", err->message);
    return 0;
}

int deliver_cfg(const struct context *context, const struct look *look, char *const *environment,
                bool has_command, struct error *err)
{
    const struct delivery delivery = {
        .context = context,
        .look = look,
        .environment = environment,
        .path = look->cfg_path.bytes,
        .by_environment = has_command && context->settings->deliver_environment &&
                          look->decision.action != ACTION_SECRET,
    };

    const struct survey *survey = &look->survey;
    const struct source *source = &survey->sources[survey->cfg_source];
    if (source->finding == FOUND_BROKEN) {
        /* A warning has said so, since it stands below the one that counts. */
        *err = *source->error;
        return delivery.by_environment || !context->settings->deliver_cfg ? 0 : -1;
    }
    enum cfg_need need = deliver_need(context, look, &survey->cfg, environment, err);
    if (need == CFG_RIGHT) {
        cfg_tidy(delivery.path, &survey->cfg);
        return 0;
    }

    _cleanup_close_ int lock = -1;
    if (lock_store(context, &look->store, &lock, err) < 0)
        return -1;
    struct deadline deadline = lock_deadline(context);
    _cleanup_close_ int folder_lock = cfg_lock(delivery.path, &deadline, err);
    if (folder_lock == -1)
        return -1;
    for (int i = 0; i < TRIES; i++) {
        if (signals_pending(context->signals))
            return error_ending(err);
        _cleanup_cfg_ struct cfg now = {0};
        if (cfg_read(delivery.path, &now, err) < 0)
            return -1;
        need = deliver_need(context, look, &now, environment, err);
        if (need == CFG_RIGHT)
            return 0;
        if (need == CFG_BROKEN || need == CFG_FOREIGN)
            return error_refused(err,
                                 "%s: somebody else has just put another key there; it is not "
                                 "overwritten, start again",
                                 delivery.path);
        int written = write_once(&delivery, &now, need, err);
        if (written != CFG_CHANGED)
            return written;
    }
    return error_refused(err, "%s: changes faster than it can be written; who writes it?",
                         delivery.path);
}

int deliver_recover(const struct context *context, const struct look *look, struct error *err)
{
    const char *path = look->cfg_path.bytes;
    char copy[FILE_TEMPORARY_NAME];
    _cleanup_close_ int lock = -1;
    if (!path)
        return 0;
    if (copy_name(path, copy, err) < 0)
        return err->errnum == ENOENT ? 0 : -1;
    const struct cfg_copy place = {look->store.directory, look->store.path, copy, look->store.mode};
    if (!cfg_copy_exists(&place))
        return 0;
    if (lock_store(context, &look->store, &lock, err) < 0)
        return -1;
    struct deadline deadline = lock_deadline(context);
    int recovered = cfg_recover(path, &place, &deadline, err);
    if (recovered > 0)
        log_notice("finished writing %s, which was interrupted", path);
    return recovered;
}
