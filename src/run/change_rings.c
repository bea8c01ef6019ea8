#include "run/change_rings.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/suggest.h"
#include "store/lock.h"
#include "store/mount_verdict.h"
#include "store/names.h"
#include "store/update.h"

/* A directory that root created for --user in this start gets no keys from outside. */
static bool has_to_change(const struct context *context, const struct item *item)
{
    bool is_wanted = !context->store_created || context->settings->store_named;
    return is_wanted && survey_stored(&item->survey) && item->decision.action == ACTION_USE &&
           item->decision.change.changes;
}

static int refuse(const struct store *store, const struct mount_verdict *verdict, const char *cure,
                  struct error *err)
{
    error_refused(err, "%.300s: cannot be changed: it is on %s, whose locks do not reach other %s",
                  store->path, verdict->text, verdict->is_desktop_share ? "containers" : "hosts");
    if (!verdict->is_desktop_share)
        return error_hint(err, "%s", cure);
    char move[MOUNT_HINTS];
    mount_hint_move(verdict, move, sizeof move);
    return error_hint(err, "%s\n%s", move, cure);
}

/* Says whether the lock could be taken, as far as permissions and mounts tell. Returns -1, as there is no lock;
 * ERROR_NONE: it could. */
static int pretend_lock(const struct store *store, struct error *err)
{
    if (store_lock_foresee(store, err) == 0)
        err->kind = ERROR_NONE;
    return -1;
}

int lock_for_change(const struct context *context, const struct store *store,
                    const struct deadline *deadline, const char *cure, struct error *err)
{
    struct mount_verdict verdict;
    bool alone = context->settings->single_writer;
    if (!alone) {
        mount_verdict_find(store->path, context->environment, &verdict);
        if (!verdict.locks_are_shared)
            return refuse(store, &verdict, cure, err);
    }
    if (context->pretends)
        return pretend_lock(store, err);
    int held = store_lock(store, deadline, err);
    if (held < 0 && alone && store_lock_is_missing(err))
        err->kind = ERROR_NONE;
    return held;
}

int replace_ring(const struct store *store, const char *file, const struct ring *ring,
                 struct error *err)
{
    _cleanup_secret_ struct secret text = {0};
    if (ring_count(ring) == 0)
        return store_remove(store, file, err);
    if (ring_text(ring, &text, err) < 0 || secret_append(&text, "\n", 1, err) < 0)
        return -1;
    return store_replace(store, file, &text, err);
}

/* Retires the keys that will be neither in the ring nor staged. Those that are retired already too: after a crash
 * their file may not be durable, and store_retire makes it so. */
static int retire(const struct context *context, const struct store *store, const struct item *item,
                  const struct ring *keys, struct error *err)
{
    static const struct retired none = {0};
    const struct managed *secret = item->secret;
    _cleanup_ring_ struct ring retires = {.is_value = secret->is_value};
    if (change_retires(&item->decision.change, keys, &none, &retires, err) < 0)
        return -1;
    if (ring_count(&retires) == 0)
        return 0;
    return (context->pretends ? store_retire_foresee
                              : store_retire)(store, secret->name, secret->is_value, &retires, err);
}

static int put(const struct context *context, const struct store *store, const char *file,
               const struct ring *ring, struct error *err)
{
    if (!context->pretends)
        return replace_ring(store, file, ring, err);
    return ring_count(ring) > 0 ? store_replace_foresee(store, file, err) : 0;
}

static int apply(const struct context *context, const struct store *store, const struct item *item,
                 struct error *err)
{
    const struct survey *survey = &item->survey;
    const struct change *change = &item->decision.change;
    const struct ring *stored = &survey_stored(survey)->ring;
    char staged[FILE_TEMPORARY_NAME];
    store_staged_name(item->secret->name, staged);
    if (retire(context, store, item, stored, err) < 0 ||
        retire(context, store, item, &survey->staged, err) < 0)
        return -1;
    if (!ring_is_same(&change->stored, stored) &&
        put(context, store, item->secret->name, &change->stored, err) < 0)
        return -1;
    if (ring_is_same(&change->staged, &survey->staged))
        return 0;
    return put(context, store, staged, &change->staged, err);
}

static void tell(const struct findings *findings, const struct item *item)
{
    char stored[RING_SUMMARY];
    char staged[RING_SUMMARY];
    ring_summary(&item->decision.change.stored, stored);
    ring_summary(&item->decision.change.staged, staged);
    log_notice(NULL, "%s/%s now holds %s%s%s", findings->store.path, item->secret->name, stored,
               *staged ? ", staged: " : "", staged);
}

static int change_one(const struct context *context, struct findings *findings, struct item *item,
                      struct error *err)
{
    if (findings_reread(context, findings, item, err) < 0)
        return -1;
    const struct source *kept = &item->survey.sources[item->survey.store_source];
    if (kept->finding == FOUND_BROKEN) {
        *err = *kept->error;
        return -1;
    }
    if (!survey_stored(&item->survey)) {
        error_refused(err, "%s/%s: was removed while fernit changed it", findings->store.path,
                      item->secret->name);
        return error_hint(err, "start again");
    }
    if (!has_to_change(context, item))
        return 0;
    if (apply(context, &findings->store, item, err) < 0)
        return -1;
    item->is_kept = true;
    if (!context->pretends)
        tell(findings, item);
    return 0;
}

/* Returns whether fernit may not write the store, and warns of that. A replaceable secret is then used without it. */
static bool warn_if_unchanged(const struct findings *findings, const struct item *item)
{
    if (!item->secret->replaceable || file_folder_is_writable(findings->store.path))
        return false;
    log_warning(
        "unkept-secret", NULL,
        "the store %s cannot be written: it keeps the old %s, and the command gets the new one",
        findings->store.path, item->secret->title);
    return true;
}

int change_rings(const struct context *context, struct findings *findings,
                 const struct deadline *deadline, struct error *err)
{
    struct item *changed[MANAGED_COUNT];
    size_t count = 0;
    bool can_wait = true;
    for (size_t i = 0; i < findings->count; i++) {
        struct item *item = &findings->items[i];
        if (!has_to_change(context, item) || warn_if_unchanged(findings, item))
            continue;
        changed[count++] = item;
        can_wait &= item->decision.change.can_wait;
    }
    if (count == 0)
        return 0;

    char command[SUGGESTED];
    char cure[SUGGESTED + 128];
    suggest_init(context->settings, command);
    snprintf(cure, sizeof cure,
             "while no other fernit runs, with the same variables, run once: fernit init "
             "--assume-single-writer%s",
             command);
    _cleanup_close_ int lock = lock_for_change(context, &findings->store, deadline, cure, err);
    bool failed = lock < 0 && err->kind != ERROR_NONE;
    if (failed && can_wait && err->kind != ERROR_ENDING)
        return 0;
    for (size_t i = 0; i < count && !failed; i++)
        failed = change_one(context, findings, changed[i], err) < 0;
    if (failed && err->kind == ERROR_SYSTEM && !*err->hints) {
        error_within(err, "the new key cannot be kept beside the old ones");
        error_advise(
            err,
            "on a host that can write there, with the same variables, run once: fernit init%s%s",
            context->settings->single_writer ? " --assume-single-writer" : "", command);
    }
    return failed ? -1 : 0;
}
