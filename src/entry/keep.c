#include "entry/keep.h"

#include <stdio.h>
#include <string.h>

#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "entry/catalogue.h"
#include "entry/deliver.h"
#include "entry/record.h"
#include "entry/suggest.h"
#include "resolve/key_command.h"
#include "store/create.h"
#include "store/ground.h"

enum { LOOK_AGAIN_MS = 20 };

static bool has_store(const struct context *context, const struct look *look)
{
    return (look->store.directory >= 0 && !context->store_made) || context->settings->store_named;
}

/* What is damaged is left alone: it may be all that there is of the keys. */
static bool is_damaged(const struct survey *survey)
{
    return survey->sources[survey->store_source].finding == FOUND_BROKEN;
}

bool keep_is_needed(const struct context *context, const struct look *look, const struct part *part)
{
    if (part->decision.action == ACTION_GENERATE)
        return !part->secret->replaceable || look->store.directory >= 0 ||
               context->settings->store_named;
    return part->decision.action == ACTION_USE && part->decision.change.changes &&
           has_store(context, look) && !is_damaged(&part->survey);
}

/* Whoever gives a key under a name that nobody reads has one. */
static int check_names(const struct context *context, const struct look *look, struct error *err)
{
    char name[100];
    const char *assignment = look->parts[0].survey.misnamed;
    if (!assignment)
        return 0;
    size_t length = strcspn(assignment, "=");
    snprintf(name, sizeof name, "%.*s", (int)length, assignment);
    if (environment_hidden(context->environment, name) == assignment) {
        error_refused(
            err,
            "no key is created: %s is set twice, and the first, which is empty, hides the "
            "second",
            name);
        return error_hint(err, "remove the empty one");
    }
    return error_refused(err,
                         "no key is made: %.*s is set, and neither Airflow nor fernit reads it; if "
                         "it holds the key, name it FERNET_KEY (a file's path: FERNET_KEY_FILE), "
                         "else unset it",
                         (int)(length < 100 ? length : 100), assignment);
}

/* Refuses to make a key where a variable seems to hold it under a wrong name (resolve/misnamed.h), and at the store's place
 * where it would not outlive the container, unless --allow-ephemeral permits it; with the line to add. */
static int check_making(const struct context *context, const struct look *look, struct error *err)
{
    struct ground ground;
    char cure[GROUND_CURE];
    if (check_names(context, look, err) < 0)
        return -1;
    if (context->settings->allow_ephemeral)
        return 0;
    ground_look(look->store.path, context->environment, &ground);
    if (ground.survival != GROUND_DIES)
        return 0;
    ground_cure(&ground, look->store.path, cure, sizeof cure);
    return error_refused(err,
                         "no key is made: the store %.200s would be on %s, and a key that does not "
                         "outlive the container leaves connections that nobody can read; %s; or "
                         "give the key itself in FERNET_KEY; --allow-ephemeral makes one "
                         "nevertheless",
                         look->store.path, ground.text, cure);
}

/* What came from elsewhere, and goes with the container unless it is given again. */
static bool tell_passing(const struct context *context, const struct look *look,
                         const struct part *part, const char *what)
{
    struct ground ground;
    char cure[GROUND_CURE];
    if (part->secret->replaceable || context->settings->allow_ephemeral)
        return false;
    ground_look(look->store.path, context->environment, &ground);
    if (ground.survival != GROUND_DIES)
        return false;
    /* A mounted secret is there at the next start, too. */
    if (part->decision.winner->way == WAY_FILE)
        return true;
    ground_cure(&ground, look->store.path, cure, sizeof cure);
    log_warning("unkept-secret",
                "%s is used, and kept no longer than the container: the store %.200s is on %s; go "
                "on giving the key; if a volume holds older ones, they are missing here: %s",
                what, look->store.path, ground.text, cure);
    return true;
}

static void tell_kept(const struct context *context, const struct look *look,
                      const struct part *part, const struct ring *ring)
{
    char fingerprints[RING_SUMMARY];
    const struct source *winner = part->decision.winner;
    ring_summary(ring, fingerprints);
    if (winner) {
        char what[RING_SUMMARY + 256];
        snprintf(what, sizeof what, "the %s %s from %.160s%s", part->secret->title, fingerprints,
                 winner->name, ring_covers(&winner->ring, ring) ? "" : " and airflow.cfg");
        if (!tell_passing(context, look, part, what))
            log_notice("%s is now kept in %s, too", what, look->store.path);
        return;
    }
    log_notice("made a new %s, %s, and keeps it in %s/%s%s", part->secret->title, fingerprints,
               look->store.path, part->secret->name,
               part->secret->replaceable
                   ? ""
                   : "; what another key has encrypted cannot be read with it, and another host "
                     "with a store of its own has another key");
}

static bool is_given_outside(const struct part *part)
{
    const struct source *winner = part->decision.winner;
    return winner && source_is_outside(winner);
}

/* As if the store's file held the ring. What was given from outside is not looked at again. */
static int pretend(const struct look *look, struct part *part, const struct ring *ring,
                   struct error *err)
{
    struct source *source = &part->survey.sources[part->survey.store_source];
    if (store_foresee(&look->store, err) < 0 ||
        store_create_foresee(&look->store, part->secret->name, err) < 0)
        return -1;
    part->is_kept = true;
    if (is_given_outside(part))
        return STORE_CREATED;
    source->finding = FOUND_KEYS;
    return ring_add_all(&source->ring, ring, err) < 0 ? -1 : STORE_CREATED;
}

static int write_ring(const struct context *context, struct look *look, const struct part *part,
                      const struct ring *ring, const struct deadline *deadline, struct error *err)
{
    _cleanup_secret_ struct secret text = {0};
    if (store_make(&look->store, err) < 0 || ring_text(ring, &text, err) < 0 ||
        secret_append(&text, "\n", 1, err) < 0)
        return -1;
    int created = store_create(&look->store, part->secret->name, part->secret->is_value, &text,
                               context->settings->single_writer, deadline, err);
    if (created < 0 && err->kind == ERROR_REFUSED && deadline_passed(deadline)) {
        char command[SUGGESTED];
        suggest_init(context->settings, command);
        error_hint(err, "if no other fernit runs: fernit init --assume-single-writer%s", command);
    }
    /* A key from outside is not looked at again: what a crash has left goes now. */
    if (created == STORE_CREATED)
        store_tidy(&look->store, part->secret->name, &part->survey.store_scan);
    return created;
}

/* Where there is no file of that name yet: the first of all who start makes it.
 * Returns as store_create does. */
static int create(const struct context *context, struct look *look, struct part *part,
                  const struct deadline *deadline, struct error *err)
{
    _cleanup_ring_ struct ring made = {.is_value = part->secret->is_value};
    const struct ring *ring = &part->decision.change.stored;
    if (part->decision.action == ACTION_GENERATE) {
        if (!part->secret->replaceable && check_making(context, look, err) < 0)
            return -1;
        if (ring_generate(&made, part->secret->bytes, err) < 0)
            return -1;
        ring = &made;
    }

    int created = context->pretends ? pretend(look, part, ring, err)
                                    : write_ring(context, look, part, ring, deadline, err);
    if (created == STORE_CREATED)
        tell_kept(context, look, part, ring);
    return created;
}

/* What one run needs, over all its looks. */
struct keeping {
    const struct context *context;
    struct look *look;
    struct deadline deadline;
    int lost; /* how often another one was first */
    unsigned
        settled; /* secrets whose decision stands: it was carried out, or goes on unkept; bits as in settings.manage */
};

static unsigned bit_of(const struct part *part)
{
    return 1U << (part->secret - managed_secrets);
}

/* Whether the store is more than an image's folder without a volume: what could not be kept in that was not lost. */
static bool would_last(const struct keeping *keeping)
{
    struct ground ground;
    ground_look(keeping->look->store.path, keeping->context->environment, &ground);
    return keeping->context->settings->store_named || ground.survival != GROUND_DIES;
}

/* Where the store is not for us to write, what is given from outside at each start is used without it, and
 * what is replaceable in this process alone. A store that can be written, and fails, is another matter. */
static bool goes_unkept(struct keeping *keeping, const struct part *part)
{
    bool is_given = is_given_outside(part);
    if ((!is_given && !part->secret->replaceable) ||
        file_folder_is_writable(keeping->look->store.path))
        return false;
    if (!is_given || would_last(keeping))
        log_warning("unkept-secret", "the store %s cannot be written: the %s is %s",
                    keeping->look->store.path, part->secret->title,
                    is_given ? "used without being kept there, so keep giving it"
                             : "made for this container alone");
    keeping->settled |= bit_of(part);
    return true;
}

static int advise_on_keeping(struct error *err)
{
    if (err->kind == ERROR_SYSTEM)
        error_advise(err, "a key must be kept before it is used: give a writable volume "
                          "(--store DIR), or the key itself in FERNET_KEY");
    return -1;
}

/* Makes each file that is missing. Returns how many have to be looked at again: a key that was made, and what
 * others have made meanwhile; or -1. */
static int create_missing(struct keeping *keeping, struct error *err)
{
    int count = 0;
    struct look *look = keeping->look;
    for (size_t i = 0; i < look->count; i++) {
        struct part *part = &look->parts[i];
        if ((keeping->settled & bit_of(part)) || survey_stored(&part->survey) ||
            !keep_is_needed(keeping->context, look, part) || goes_unkept(keeping, part))
            continue;
        int created = create(keeping->context, look, part, &keeping->deadline, err);
        if (created < 0)
            return advise_on_keeping(err);
        if (created == STORE_CREATED && is_given_outside(part))
            keeping->settled |= bit_of(part);
        else
            count++;
        keeping->lost += created == STORE_EXISTS;
    }
    return count;
}

/* A network file system may show the winner's file a moment later. */
static int wait_for_winner(const struct keeping *keeping, struct error *err)
{
    if (keeping->lost <= MANAGED_COUNT)
        return 0;
    if (deadline_passed(&keeping->deadline))
        return error_refused(err,
                             "%s: holds a file that exists and cannot be seen; see whether its "
                             "file system is well",
                             keeping->look->store.path);
    return deadline_wait(&keeping->deadline, -1, LOOK_AGAIN_MS, err);
}

static int make_unkept(const struct keeping *keeping, struct part *part, struct error *err)
{
    char fingerprints[RING_SUMMARY];
    if (part->decision.action != ACTION_GENERATE)
        return 0;
    part->unkept.is_value = part->secret->is_value;
    if (ring_generate(&part->unkept, part->secret->bytes, err) < 0)
        return -1;
    if (keeping->settled & bit_of(part))
        return 0;
    ring_summary(&part->unkept, fingerprints);
    log_notice("made a new %s, %s, for this container alone, which has no store; to have one for "
               "all, give it in %s, or a volume for %s",
               part->secret->title, fingerprints,
               managed_variable(part->secret, keeping->look->airflow), keeping->look->store.path);
    return 0;
}

/* With --strict an airflow.cfg that is to get secrets and that everybody can read. */
static int check_cfg(const struct context *context, const struct look *look, struct error *err)
{
    const struct settings *settings = context->settings;
    const struct cfg *cfg = &look->cfg.cfg;
    if (!settings->strict || !settings->deliver_cfg || !cfg->exists ||
        !(cfg->status.st_mode & 0004))
        return 0;
    return error_refused(err, "%s can be read by everybody; chmod o-r it (refused: --strict)",
                         look->cfg_path.bytes);
}

/* With --strict what would be a warning of security. */
static int check_strict(const struct context *context, const struct look *look, struct error *err)
{
    const struct settings *settings = context->settings;
    if (check_cfg(context, look, err) < 0)
        return -1;
    for (size_t i = 0; settings->strict && i < look->count; i++) {
        const struct part *part = &look->parts[i];
        for (size_t j = 0; j < part->decision.remark_count; j++) {
            const struct remark *remark = &part->decision.remarks[j];
            char text[sizeof err->message];
            char hint[REMARK_HINT];
            if (!warning_is_security(remark_id(remark->kind)))
                continue;
            remark_text(remark, &part->survey, &part->decision, text, sizeof text);
            error_refused(err, "%.900s (refused: --strict)", text);
            remark_hint(remark, &part->survey, &part->decision, hint);
            return error_hint(err, "%s", hint);
        }
    }
    return 0;
}

/* The store alone: a command runs once in a run, and a file from outside is read once. */
static int look_at_store_again(const struct keeping *keeping, struct error *err)
{
    struct look *look = keeping->look;
    for (size_t i = 0; i < look->count; i++)
        if (!(keeping->settled & bit_of(&look->parts[i])) &&
            look_again(keeping->context, look, &look->parts[i], err) < 0)
            return -1;
    return check_strict(keeping->context, look, err);
}

static int look_once(const struct context *context, struct look *look, struct error *err)
{
    return look_around(context, context->settings->manage, RUN_COMMANDS_NEEDED, look, err);
}

/* A look at a file that no interrupted write has left torn: what stands in such a one may pass for a
 * key and is none. */
static int look_at_whole(const struct context *context, struct look *look, struct error *err)
{
    int looked = look_once(context, look, err);
    bool has_copies = false;
    for (size_t i = 0; i < look->count; i++)
        has_copies |= look->parts[i].survey.store_scan.copies;
    struct error recovering = {0};
    int recovered = has_copies ? deliver_recover(context, look, &recovering) : 0;
    if (recovered < 0)
        *err = recovering;
    if (recovered > 0) {
        look_free(look);
        looked = look_once(context, look, err);
    }
    return looked < 0 || recovered < 0 ? -1 : 0;
}

int keep_found(const struct context *context, struct look *look, bool has_command,
               struct error *err)
{
    struct keeping keeping = {
        .context = context,
        .look = look,
        .deadline = deadline_in(context->settings->lock_timeout, context->signals),
    };
    int created = 0;
    if (check_strict(context, look, err) < 0 || deliver_check(context, look, has_command, err) < 0)
        return -1;
    while ((created = create_missing(&keeping, err)) > 0)
        if (wait_for_winner(&keeping, err) < 0 || look_at_store_again(&keeping, err) < 0)
            return -1;
    if (created < 0)
        return -1;
    for (size_t i = 0; i < look->count; i++)
        if (make_unkept(&keeping, &look->parts[i], err) < 0)
            return -1;
    return record_changes(context, look, &keeping.deadline, err);
}

int keep_check_place(const struct context *context, struct error *err)
{
    if (!environment_get(context->environment, KEY_COMMAND_MARK))
        return 0;
    return error_refused(err, KEY_COMMAND_MARK " is set: this is inside a ..._CMD of another "
                                               "fernit, where only \"fernit key print\" makes "
                                               "sense; unset it if that is not so");
}

int keep_secrets(const struct context *context, struct look *look, bool has_command,
                 struct error *err)
{
    return look_at_whole(context, look, err) < 0 ? -1 : keep_found(context, look, has_command, err);
}
