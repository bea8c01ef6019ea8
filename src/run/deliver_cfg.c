#include "run/deliver_cfg.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "airflow/cfg_in_place.h"
#include "base/cleanup.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/log.h"
#include "run/cfg_copy.h"
#include "run/cfg_text.h"
#include "run/check_findings.h"
#include "store/retired.h"

enum { TRIES = 16 };

/* One file, one attempt. */
struct delivery {
    const struct context *context;
    const struct findings *findings;
    char *const *environment; /* the command's */
    const char *path;
    bool by_environment; /* the command gets the secrets by its environment too */
    bool has_lock;       /* of the store */
    struct delivered *delivered;
};

static struct deadline lock_deadline(const struct context *context)
{
    return deadline_in(context->settings->lock_timeout, context->signals);
}

/* What the whole file needs, and the text that it gets. */
struct edit {
    const struct cfg *cfg;
    struct cfg_needs needs;
    enum cfg_need need; /* the first in needs that is not CFG_HIDE, if there is any */
    struct cfg_text edited;
    bool
        told_in_environment; /* each edited secret came by its variable, so all processes have it */
    struct delivered *done;
    bool is_foreign;
};

static void drop_edit(struct edit *edit)
{
    secret_free(&edit->edited.text);
}
#define _cleanup_edit_ _cleanup_(drop_edit)

static void add_option(char list[DELIVERED_LIST], const struct managed_option *option)
{
    size_t length = strlen(list);
    snprintf(list + length, DELIVERED_LIST - length, "%s[%s] %s", length > 0 ? ", " : "",
             option->section, option->option);
}

/* Retires the keys that the edit takes from the file and the store does not hold. Returns 0; 1 where they cannot be
 * retired, and must stay in the file as a comment; or -1. */
static int retire_old(const struct delivery *delivery, const struct edit *edit,
                      const struct item *item, const struct managed_option *option,
                      struct error *err)
{
    struct error ignored = {0};
    const struct managed *secret = item->secret;
    const struct store *store = &delivery->findings->store;
    bool is_plain = false;
    _cleanup_ring_ struct ring old = {.is_value = secret->is_value};
    _cleanup_ring_ struct ring unused = {.is_value = secret->is_value};
    _cleanup_ring_ struct ring lost = {.is_value = secret->is_value};
    if (survey_cfg_key(edit->cfg, option, delivery->context->environment, &old, &is_plain,
                       &ignored) != FOUND_KEYS)
        return 0;
    if (ring_add_less(&unused, &old, item->delivers, err) < 0 ||
        ring_add_less(&lost, &unused, &item->survey.staged, err) < 0)
        return -1;
    if (ring_count(&lost) == 0 || delivery->context->pretends)
        return 0;
    return !delivery->has_lock ||
           store_retire(store, secret->name, secret->is_value, &lost, &ignored) < 0;
}

static int check_need(const struct delivery *delivery, const struct cfg_option *option,
                      struct edit *edit, struct error *err)
{
    if (option->need != CFG_BROKEN && option->need != CFG_FOREIGN)
        return 0;
    edit->is_foreign = option->need == CFG_FOREIGN;
    error_refused(err, "%s: another process has just written another %s", delivery->path,
                  option->item->secret->title);
    return error_hint(err, "start again: fernit then decides about both");
}

/* Retires the keys that will go, and tells what is done to which option. Returns as retire_old. */
static int prepare_option(const struct delivery *delivery, const struct cfg_option *option,
                          struct edit *edit, struct error *err)
{
    enum cfg_need need = option->need;
    const struct source *winner = option->item->decision.winner;
    if (edit->need == CFG_RIGHT || edit->need == CFG_HIDE)
        edit->need = need;
    add_option(need == CFG_HIDE    ? edit->done->hidden
               : need == CFG_CLEAR ? edit->done->cleared
                                   : edit->done->set,
               option->option);
    edit->told_in_environment &= need == CFG_HIDE || (winner && winner->kind == SOURCE_VARIABLE);
    return need == CFG_SET ? retire_old(delivery, edit, option->item, option->option, err) : 0;
}

/* Makes the text of the whole file. */
static int edit_text(const struct delivery *delivery, struct edit *edit, struct error *err)
{
    const struct cfg_needs *needs = &edit->needs;
    bool stays[MANAGED_COUNT * MANAGED_OPTIONS] = {false};
    for (size_t i = 0; i < needs->count; i++) {
        if (check_need(delivery, &needs->list[i], edit, err) < 0)
            return -1;
        int prepared = prepare_option(delivery, &needs->list[i], edit, err);
        if (prepared < 0)
            return error_within(err, "%s", delivery->path);
        stays[i] = prepared > 0;
    }
    for (size_t i = 0; i < needs->count; i++) {
        const struct cfg_option *option = &needs->list[i];
        if ((stays[i] && cfg_text_edit(edit->cfg, option->item, option->option, CFG_HIDE,
                                       &edit->edited, err) < 0) ||
            cfg_text_edit(edit->cfg, option->item, option->option, option->need, &edit->edited,
                          err) < 0)
            return error_within(err, "%s", delivery->path);
    }
    return 0;
}

/* What lets fernit write the file, by the reason that it could not. */
static const char *write_cure(const char *path, const struct error *err)
{
    if (*err->hints)
        return err->hints;
    if (err->errnum == EROFS || (err->errnum == EBUSY && access(path, W_OK) < 0))
        return "mount it writable";
    if (err->errnum == EBUSY)
        return "give --deliver cfg: fernit then writes into the mounted file";
    return "let fernit write to the file and its folder";
}

/* Airflow would show a secret in a file that fernit cannot replace. */
static int tell_shown(const struct delivery *delivery, const struct edit *edit, struct error *err)
{
    static const char text[] = "%.300s: cannot take out %s%s";
    char hint[sizeof err->hints + FINDINGS_WHY + 32];
    char why[FINDINGS_WHY];
    findings_why_shown(delivery->findings, why);
    snprintf(hint, sizeof hint, "%s\nremove it by hand\nor %s", why,
             write_cure(delivery->path, err));
    if (delivery->context->settings->strict) {
        error_refused(err, text, delivery->path, edit->done->hidden, " (refused: --strict)");
        error_id(err, "shown-secret");
        return error_hint(err, "%s", hint);
    }
    log_warning("shown-secret", hint, text, delivery->path, edit->done->hidden, "");
    return 0;
}

/* Whether no variable says which airflow.cfg is meant. A store then keeps what `init` is for. */
static bool is_unnamed(const struct context *context, const struct findings *findings)
{
    return context->settings->deliver_environment && findings->store.directory >= 0 &&
           !environment_get(context->environment, "AIRFLOW_CONFIG") &&
           !environment_get(context->environment, "AIRFLOW_HOME");
}

/* With context->pretends: whether there would be a store by now. */
static bool would_have_store(const struct findings *findings)
{
    bool is_kept = false;
    for (size_t i = 0; i < findings->count; i++)
        is_kept |= findings->items[i].is_kept;
    return is_kept;
}

static void tell_not_written(const struct delivery *delivery, const struct error *err)
{
    char hints[sizeof err->hints + 256];
    snprintf(hints, sizeof hints,
             "only the command gets the secrets, by its environment: docker exec and pod templates "
             "do not\n"
             "%s\n"
             "or set AIRFLOW__CORE__FERNET_KEY and the others for the whole container",
             write_cure(delivery->path, err));
    log_warning("cfg-not-written", hints, "%s", err->message);
}

/* The file cannot be replaced; `err` says why. */
static int write_fixed(const struct delivery *delivery, const struct cfg *cfg,
                       const struct edit *edit, struct error *err)
{
    const struct store *store = &delivery->findings->store;
    char copy[FILE_TEMPORARY_NAME];
    if (delivery->by_environment) {
        edit->done->is_left = true;
        if (*edit->done->hidden && tell_shown(delivery, edit, err) < 0)
            return -1;
        if (!edit->told_in_environment)
            tell_not_written(delivery, err);
        return CFG_WRITTEN;
    }
    if (!cfg->exists && is_unnamed(delivery->context, delivery->findings)) {
        edit->done->is_left = true;
        log_warning("cfg-not-written",
                    "to have an airflow.cfg, set AIRFLOW_HOME or AIRFLOW_CONFIG\n"
                    "to have none, give --deliver env",
                    "%s", err->message);
        return CFG_WRITTEN;
    }
    if (!cfg->exists)
        return -1;
    if (store->directory < 0 && !would_have_store(delivery->findings))
        return error_advise(err,
                            "create the store %s: fernit keeps a copy of the file there while it "
                            "writes in place",
                            store->path);
    if (cfg_copy_name(delivery->path, copy, err) < 0)
        return -1;
    edit->done->in_place = true;
    const struct cfg_copy kept = {store->directory, store->path, copy, store->mode, false};
    struct deadline deadline = lock_deadline(delivery->context);
    int written =
        delivery->context->pretends
            ? cfg_foresee_overwrite(delivery->path, store->path, err)
            : cfg_overwrite(delivery->path, cfg, &edit->edited.text, &kept, &deadline, err);
    if (written != CFG_NOT_WRITABLE)
        return written;
    return error_advise(err, "%s%s", "let fernit write to it",
                        delivery->by_environment
                            ? "\nor add --deliver env: then the command gets the "
                              "secrets in its environment"
                            : "");
}

/* Airflow 2.7 and later write an airflow.cfg with a random secret_key, but only if there is none. Beside fernit's
 * file, each of its processes makes up a secret_key of its own. */
static void tell_written(const struct delivery *delivery, const struct edit *edit)
{
    enum cfg_need need = edit->need;
    const char *what = need == CFG_MAKE    ? "created"
                       : need == CFG_CLEAR ? "commented out an empty option in"
                                           : "wrote the secrets into";
    if (need != CFG_HIDE)
        log_notice(NULL, "%s %s", what, delivery->path);
    if (*edit->done->hidden) {
        char why[FINDINGS_WHY];
        findings_why_shown(delivery->findings, why);
        log_notice(why, "commented out %s in %s", edit->done->hidden, delivery->path);
    }
    if (need == CFG_SET && (edit->cfg->status.st_mode & 0004)) {
        char hint[PATH_MAX + 16];
        snprintf(hint, sizeof hint, CFG_OWNER "\nchmod o-r %s", delivery->path);
        log_warning("readable-cfg", hint, "%s can be read by every user", delivery->path);
    }
    if (need == CFG_MAKE && delivery->findings->items[0].secret != MANAGED_FERNET_KEY &&
        !environment_get(delivery->environment, MANAGED_FERNET_KEY->options->variable))
        log_warning("cfg-without-key",
                    "add fernet_key to --manage, or give it in AIRFLOW__CORE__FERNET_KEY",
                    "%s has no fernet_key, which --manage leaves out: Airflow stores passwords in "
                    "plain text and reads no encrypted ones",
                    delivery->path);
    else if (need == CFG_MAKE && delivery->findings->count < MANAGED_COUNT)
        log_notice("give all containers the other secrets, or sessions and logs fail",
                   "%s holds only what --manage names, and Airflow adds nothing to it",
                   delivery->path);
}

static int write_once(const struct delivery *delivery, const struct edit *edit, struct error *err)
{
    const struct cfg *cfg = edit->cfg;
    mode_t mode = delivery->context->settings->store_mode;
    bool is_made = edit->need == CFG_MAKE;
    edit->done->is_made = is_made;
    int written = delivery->context->pretends ? cfg_foresee(delivery->path, !is_made, mode, err)
                  : is_made ? cfg_create(delivery->path, &edit->edited.text, mode, err)
                            : cfg_replace(delivery->path, cfg, &edit->edited.text, err);
    if (written == CFG_NOT_WRITABLE)
        return write_fixed(delivery, cfg, edit, err);
    if (written == CFG_WRITTEN)
        tell_written(delivery, edit);
    return written;
}

/* One attempt: reads the file, edits it, writes it. */
static int attempt(const struct delivery *delivery, bool *is_foreign, struct error *err)
{
    const struct context *context = delivery->context;
    _cleanup_cfg_ struct cfg now = {0};
    if (signals_pending(context->signals))
        return error_ending(err);
    if (cfg_read(delivery->path, &now, err) < 0)
        return -1;
    struct delivered *done = delivery->delivered;
    *done = (struct delivered){.is_broken = done->is_broken};
    _cleanup_edit_ struct edit edit = {.cfg = &now, .told_in_environment = true, .done = done};
    cfg_needs(context, delivery->findings, &now, delivery->environment, delivery->by_environment,
              &edit.needs);
    if (edit_text(delivery, &edit, err) < 0) {
        *is_foreign = edit.is_foreign;
        return -1;
    }
    return edit.edited.is_written ? write_once(delivery, &edit, err) : CFG_WRITTEN;
}

/* The store's lock, which is optional, and the lock of the file's folder. */
static int lock_both(struct delivery *delivery, int *lock, int *folder_lock, struct error *err)
{
    const struct context *context = delivery->context;
    if (cfg_lock_store(context, &delivery->findings->store, lock, err) < 0)
        return -1;
    delivery->has_lock = *lock >= 0;
    if (context->pretends)
        return 0;
    struct deadline deadline = lock_deadline(context);
    *folder_lock = cfg_lock(delivery->path, &deadline, err);
    return *folder_lock == -1 ? -1 : 0;
}

int deliver_cfg(const struct context *context, const struct findings *findings,
                char *const *environment, bool has_command, struct delivered *delivered,
                struct error *err)
{
    struct delivery delivery = {
        .context = context,
        .findings = findings,
        .environment = environment,
        .path = findings->cfg_path.bytes,
        .by_environment = has_command && context->settings->deliver_environment,
        .delivered = delivered,
    };
    struct cfg_needs needs;
    cfg_needs(context, findings, &findings->cfg.cfg, environment, delivery.by_environment, &needs);
    *delivered = (struct delivered){.is_broken = needs.has_left};
    if (needs.count == 0 && !context->pretends)
        cfg_tidy(delivery.path, &findings->cfg.cfg);
    if (needs.count == 0)
        return 0;

    _cleanup_close_ int lock = -1;
    _cleanup_close_ int folder_lock = -1;
    if (lock_both(&delivery, &lock, &folder_lock, err) < 0)
        return -1;
    for (int i = 0; i < TRIES; i++) {
        bool is_foreign = false;
        int written = attempt(&delivery, &is_foreign, err);
        if (is_foreign)
            return DELIVER_FOREIGN;
        if (written != CFG_CHANGED)
            return written;
    }
    error_refused(err, "%s: changes faster than fernit can write it", delivery.path);
    return error_hint(err, "stop the other process that writes it");
}
