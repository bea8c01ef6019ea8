#include "run/create_keys.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/suggest.h"
#include "store/create.h"
#include "store/mount_verdict.h"
#include "store/new_file.h"

enum { READ_AGAIN_MS = 20, SHARE_HINT = PATH_MAX + 128 };

/* A key under a misspelt variable still exists, so no other one is created. */
static int check_names(const struct context *context, const struct findings *findings,
                       struct error *err)
{
    char name[100];
    const char *assignment = findings->items[0].survey.misnamed;
    if (!assignment)
        return 0;
    size_t length = strcspn(assignment, "=");
    snprintf(name, sizeof name, "%.*s", (int)length, assignment);
    if (environment_hidden(context->environment, name) == assignment) {
        error_refused(err, "no Fernet key was created: %s is set twice, and the first one is empty",
                      name);
        return error_hint(err, "remove the empty one: it hides the other");
    }
    error_refused(err, "no Fernet key was created: %s is set, which Airflow and fernit do not read",
                  name);
    error_hint(err, "if it holds the key, rename it to FERNET_KEY (a path: to FERNET_KEY_FILE)");
    return error_hint(err, "if it does not, unset it");
}

/* Refuses to create a key where a variable seems to hold it under a wrong name (resolve/misnamed.h), and, unless
 * --allow-ephemeral permits it, where the store would not outlive the container. The hints have the line to add. */
static int check_creating(const struct context *context, const struct findings *findings,
                          struct error *err)
{
    struct mount_verdict verdict;
    char cure[MOUNT_HINTS];
    if (check_names(context, findings, err) < 0)
        return -1;
    if (context->settings->allow_ephemeral)
        return 0;
    mount_verdict_find(findings->store.path, context->environment, &verdict);
    if (verdict.survival != MOUNT_EPHEMERAL)
        return 0;
    mount_hint_volume(&verdict, findings->store.path, cure, sizeof cure);
    error_refused(err, "no Fernet key was found, and none was created: %.200s %s on %s",
                  findings->store.path, findings->store.directory < 0 ? "would be" : "is",
                  verdict.text);
    error_id(err, "no-volume");
    error_hint(err, "if a volume holds the key already, mount that one there");
    error_hint(err, "%s", cure);
    error_hint(err, "or pass the key your connections were saved with in FERNET_KEY");
    return error_hint(err,
                      "with --allow-ephemeral a key is created that is lost with the container");
}

/* Warns that a key from a source is lost with the container, since the store is. Returns whether that is so. */
static bool tell_lost_later(const struct context *context, const struct findings *findings,
                            const struct item *item, const char *fingerprints)
{
    struct mount_verdict verdict;
    char cure[MOUNT_HINTS];
    if (item->secret->replaceable || context->settings->allow_ephemeral)
        return false;
    mount_verdict_find(findings->store.path, context->environment, &verdict);
    if (verdict.survival != MOUNT_EPHEMERAL)
        return false;
    /* A mounted secret is there at the next start too. */
    if (item->decision.winner->kind == SOURCE_FILE)
        return true;
    mount_hint_volume(&verdict, findings->store.path, cure, sizeof cure);
    char hints[MOUNT_HINTS + 256];
    snprintf(hints, sizeof hints,
             "keep giving it in %.160s at each start\nif a volume holds older keys, they are "
             "missing here\n%s",
             item->decision.winner->name, cure);
    log_warning("unkept-secret", hints, "the %s %s is lost with the container: %.200s is on %s",
                item->secret->title, fingerprints, findings->store.path, verdict.text);
    return true;
}

static void tell_created(const struct context *context, const struct findings *findings,
                         const struct item *item, const struct ring *ring)
{
    char fingerprints[RING_SUMMARY];
    const struct source *winner = item->decision.winner;
    ring_summary(ring, fingerprints);
    if (winner) {
        char what[RING_SUMMARY + 256];
        snprintf(what, sizeof what, "the %s %s from %.160s%s", item->secret->title, fingerprints,
                 winner->name, ring_covers(&winner->ring, ring) ? "" : " and airflow.cfg");
        if (!tell_lost_later(context, findings, item, fingerprints))
            log_notice(NULL, "%s is now kept in %s", what, findings->store.path);
        return;
    }
    log_notice(item->secret->replaceable ? NULL
                                         : "connections saved with another key stay unreadable\n"
                                           "if you have that key, pass it in FERNET_KEY\n"
                                           "another host with a store of its own has another "
                                           "key: give all of them the same keys",
               "created %s %s in %s/%s", item->secret->title, fingerprints, findings->store.path,
               item->secret->name);
}

static bool is_given_outside(const struct item *item)
{
    const struct source *winner = item->decision.winner;
    return winner && source_is_outside(winner);
}

/* As if the store's file held the ring. A key from outside is not read back. */
static int pretend(const struct findings *findings, struct item *item, const struct ring *ring,
                   struct error *err)
{
    struct source *source = &item->survey.sources[item->survey.store_source];
    if (store_foresee(&findings->store, err) < 0 ||
        store_new_foresee(&findings->store, item->secret->name, err) < 0)
        return -1;
    item->is_kept = true;
    if (is_given_outside(item))
        return STORE_CREATED;
    source->finding = FOUND_KEYS;
    return ring_add_all(&source->ring, ring, err) < 0 ? -1 : STORE_CREATED;
}

static int write_ring(const struct context *context, struct findings *findings,
                      const struct item *item, const struct ring *ring,
                      const struct deadline *deadline, struct error *err)
{
    _cleanup_secret_ struct secret text = {0};
    if (store_make(&findings->store, err) < 0 || ring_text(ring, &text, err) < 0 ||
        secret_append(&text, "\n", 1, err) < 0)
        return -1;
    int created = store_create(&findings->store, item->secret->name, item->secret->is_value, &text,
                               context->settings->single_writer, deadline, err);
    if (created < 0 && err->kind == ERROR_REFUSED && deadline_passed(deadline)) {
        char command[SUGGESTED];
        suggest_init(context->settings, command);
        error_hint(err, "if no other fernit runs: fernit init --assume-single-writer%s", command);
    }
    /* A key from outside is not read back, so remove now what a crash has left. */
    if (created == STORE_CREATED)
        store_tidy(&findings->store, item->secret->name, &item->survey.store_scan);
    return created;
}

/* Creates the file unless another process is first. Returns as store_create. */
static int create(const struct context *context, struct findings *findings, struct item *item,
                  const struct deadline *deadline, struct error *err)
{
    _cleanup_ring_ struct ring made = {.is_value = item->secret->is_value};
    const struct ring *ring = &item->decision.change.stored;
    if (item->decision.action == ACTION_GENERATE) {
        if (!item->secret->replaceable && check_creating(context, findings, err) < 0)
            return -1;
        if (ring_generate(&made, item->secret->bytes, err) < 0)
            return -1;
        ring = &made;
    }

    int created = context->pretends ? pretend(findings, item, ring, err)
                                    : write_ring(context, findings, item, ring, deadline, err);
    if (created == STORE_CREATED)
        tell_created(context, findings, item, ring);
    return created;
}

static unsigned bit_of(const struct item *item)
{
    return 1U << (item->secret - managed_secrets);
}

/* A store in an image's folder, without a volume, would keep nothing: a key that it does not get is no loss. */
static bool would_last(const struct context *context, const struct findings *findings)
{
    struct mount_verdict verdict;
    mount_verdict_find(findings->store.path, context->environment, &verdict);
    return context->settings->store_named || verdict.survival != MOUNT_EPHEMERAL;
}

static void write_share_hint(const struct findings *findings, const struct item *item,
                             char hint[SHARE_HINT])
{
    snprintf(hint, SHARE_HINT,
             "so that all containers share it, set it in %s, or mount the volume at %s writable",
             managed_variable(item->secret, findings->airflow), findings->store.path);
}

/* Returns whether fernit may not write the store, and warns of that. A key that a source gives at each start is then
 * used without it, and a replaceable secret is created for this process alone. A store that fernit may write, and
 * cannot, is an error. */
static bool warn_if_unkept(const struct context *context, const struct findings *findings,
                           const struct item *item)
{
    bool is_given = is_given_outside(item);
    if ((!is_given && !item->secret->replaceable) || file_folder_is_writable(findings->store.path))
        return false;
    char hint[SHARE_HINT];
    write_share_hint(findings, item, hint);
    if (!is_given || would_last(context, findings))
        log_warning("unkept-secret", is_given ? "keep giving it at each start" : hint,
                    "the store %s cannot be written: the %s is not kept there",
                    findings->store.path, item->secret->title);
    return true;
}

/* Whether the store exists, or the user named it. A directory that root created for --user in this start does not
 * count. */
static bool has_store(const struct context *context, const struct findings *findings)
{
    return (findings->store.directory >= 0 && !context->store_created) ||
           context->settings->store_named;
}

/* Whether the store's file is missing, and this start must write it. A damaged file is left alone: it may hold the
 * only key. */
static bool must_create(const struct context *context, const struct findings *findings,
                        const struct item *item)
{
    const struct survey *survey = &item->survey;
    const struct decision *decision = &item->decision;
    if (survey_stored(survey))
        return false;
    if (decision->action == ACTION_GENERATE)
        return !item->secret->replaceable || findings->store.directory >= 0 ||
               context->settings->store_named;
    return decision->action == ACTION_USE && decision->change.changes &&
           has_store(context, findings) &&
           survey->sources[survey->store_source].finding != FOUND_BROKEN;
}

/* Returns how many must be read again: a key that was created, and what another process created meanwhile; or -1. */
static int create_missing(const struct context *context, struct findings *findings,
                          struct creation *creation, struct error *err)
{
    int count = 0;
    for (size_t i = 0; i < findings->count; i++) {
        struct item *item = &findings->items[i];
        if ((creation->done & bit_of(item)) || !must_create(context, findings, item))
            continue;
        if (warn_if_unkept(context, findings, item)) {
            creation->done |= bit_of(item);
            continue;
        }
        int created = create(context, findings, item, &creation->deadline, err);
        if (created < 0 && err->kind == ERROR_SYSTEM)
            error_advise(err,
                         "give a writable volume (--store DIR), or the key itself in FERNET_KEY");
        if (created < 0)
            return -1;
        if (created == STORE_CREATED && is_given_outside(item))
            creation->done |= bit_of(item);
        else
            count++;
        creation->lost += created == STORE_EXISTS;
    }
    return count;
}

/* A network file system may show the winner's file a moment later. */
static int wait_for_winner(const struct findings *findings, const struct creation *creation,
                           struct error *err)
{
    /* Losing once for each secret is usual: another start was first, and its files show at once. */
    if (creation->lost <= MANAGED_COUNT)
        return 0;
    if (deadline_passed(&creation->deadline)) {
        error_refused(err, "%s: a file in it exists, but cannot be seen", findings->store.path);
        return error_hint(err, "check its file system");
    }
    return deadline_wait(&creation->deadline, -1, READ_AGAIN_MS, err);
}

/* For a replaceable secret that no store can keep. */
static int create_unkept(const struct findings *findings, const struct creation *creation,
                         struct item *item, struct error *err)
{
    char fingerprints[RING_SUMMARY];
    if (item->decision.action != ACTION_GENERATE)
        return 0;
    item->unkept.is_value = item->secret->is_value;
    if (ring_generate(&item->unkept, item->secret->bytes, err) < 0)
        return -1;
    item->delivers = &item->unkept;
    if (creation->done & bit_of(item)) /* warn_if_unkept has told it */
        return 0;
    ring_summary(&item->unkept, fingerprints);
    char hint[SHARE_HINT];
    write_share_hint(findings, item, hint);
    log_notice(hint, "created %s %s for this container alone, which has no store",
               item->secret->title, fingerprints);
    return 0;
}

int create_keys(const struct context *context, struct findings *findings, struct creation *creation,
                struct error *err)
{
    int count = create_missing(context, findings, creation, err);
    if (count > 0 && wait_for_winner(findings, creation, err) < 0)
        return -1;
    for (size_t i = 0; i < findings->count && count == 0; i++)
        if (create_unkept(findings, creation, &findings->items[i], err) < 0)
            return -1;
    return count;
}
