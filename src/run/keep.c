#include "run/keep.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/catalogue.h"
#include "cli/suggest.h"
#include "resolve/key_command.h"
#include "resolve/remark.h"
#include "run/deliver.h"
#include "run/record.h"
#include "store/create.h"
#include "store/mount_verdict.h"
#include "store/new_file.h"

enum { LOOK_AGAIN_MS = 20 };

/* A key under a misspelt variable still exists, so no other one is created. */
static int check_names(const struct context *context, const struct look *look, struct error *err)
{
    char name[100];
    const char *assignment = look->lookups[0].survey.misnamed;
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
static int check_creating(const struct context *context, const struct look *look, struct error *err)
{
    struct mount_verdict verdict;
    char cure[MOUNT_HINTS];
    if (check_names(context, look, err) < 0)
        return -1;
    if (context->settings->allow_ephemeral)
        return 0;
    mount_verdict_find(look->store.path, context->environment, &verdict);
    if (verdict.survival != MOUNT_EPHEMERAL)
        return 0;
    mount_hint_volume(&verdict, look->store.path, cure, sizeof cure);
    error_refused(err, "no Fernet key was found, and none was created: %.200s would be on %s",
                  look->store.path, verdict.text);
    error_id(err, "no-volume");
    error_hint(err, "%s", cure);
    error_hint(err, "or pass the key your connections were saved with in FERNET_KEY");
    return error_hint(err, "with --allow-ephemeral a key is created that is lost with the container");
}

/* What came from elsewhere, and goes with the container unless it is given again. */
static bool tell_passing(const struct context *context, const struct look *look,
                         const struct lookup *lookup, const char *what)
{
    struct mount_verdict verdict;
    char cure[MOUNT_HINTS];
    if (lookup->secret->replaceable || context->settings->allow_ephemeral)
        return false;
    mount_verdict_find(look->store.path, context->environment, &verdict);
    if (verdict.survival != MOUNT_EPHEMERAL)
        return false;
    /* A mounted secret is there at the next start, too. */
    if (lookup->decision.winner->way == WAY_FILE)
        return true;
    mount_hint_volume(&verdict, look->store.path, cure, sizeof cure);
    char hints[MOUNT_HINTS + 128];
    snprintf(hints, sizeof hints,
             "keep giving the key\nif a volume holds older keys, they are missing here\n%s", cure);
    log_warning("unkept-secret", hints, "%s is lost with the container: %.200s is on %s", what,
                look->store.path, verdict.text);
    return true;
}

static void tell_kept(const struct context *context, const struct look *look,
                      const struct lookup *lookup, const struct ring *ring)
{
    char fingerprints[RING_SUMMARY];
    const struct source *winner = lookup->decision.winner;
    ring_summary(ring, fingerprints);
    if (winner) {
        char what[RING_SUMMARY + 256];
        snprintf(what, sizeof what, "the %s %s from %.160s%s", lookup->secret->title, fingerprints,
                 winner->name, ring_covers(&winner->ring, ring) ? "" : " and airflow.cfg");
        if (!tell_passing(context, look, lookup, what))
            log_notice(NULL, "%s is now kept in %s", what, look->store.path);
        return;
    }
    log_notice(
        lookup->secret->replaceable
            ? NULL
            : "connections saved with another key stay unreadable\n"
              "if you have that key, pass it in FERNET_KEY",
        "created %s %s in %s/%s", lookup->secret->title, fingerprints, look->store.path,
        lookup->secret->name);
}

static bool is_given_outside(const struct lookup *lookup)
{
    const struct source *winner = lookup->decision.winner;
    return winner && source_is_outside(winner);
}

/* As if the store's file held the ring. What was given from outside is not looked at again. */
static int pretend(const struct look *look, struct lookup *lookup, const struct ring *ring,
                   struct error *err)
{
    struct source *source = &lookup->survey.sources[lookup->survey.store_source];
    if (store_foresee(&look->store, err) < 0 ||
        store_new_foresee(&look->store, lookup->secret->name, err) < 0)
        return -1;
    lookup->is_kept = true;
    if (is_given_outside(lookup))
        return STORE_CREATED;
    source->finding = FOUND_KEYS;
    return ring_add_all(&source->ring, ring, err) < 0 ? -1 : STORE_CREATED;
}

static int write_ring(const struct context *context, struct look *look, const struct lookup *lookup,
                      const struct ring *ring, const struct deadline *deadline, struct error *err)
{
    _cleanup_secret_ struct secret text = {0};
    if (store_make(&look->store, err) < 0 || ring_text(ring, &text, err) < 0 ||
        secret_append(&text, "\n", 1, err) < 0)
        return -1;
    int created = store_create(&look->store, lookup->secret->name, lookup->secret->is_value, &text,
                               context->settings->single_writer, deadline, err);
    if (created < 0 && err->kind == ERROR_REFUSED && deadline_passed(deadline)) {
        char command[SUGGESTED];
        suggest_init(context->settings, command);
        error_hint(err, "if no other fernit runs: fernit init --assume-single-writer%s", command);
    }
    /* A key from outside is not looked at again: what a crash has left goes now. */
    if (created == STORE_CREATED)
        store_tidy(&look->store, lookup->secret->name, &lookup->survey.store_scan);
    return created;
}

/* Where there is no file of that name yet: the first of all who start makes it.
 * Returns as store_create does. */
static int create(const struct context *context, struct look *look, struct lookup *lookup,
                  const struct deadline *deadline, struct error *err)
{
    _cleanup_ring_ struct ring made = {.is_value = lookup->secret->is_value};
    const struct ring *ring = &lookup->decision.change.stored;
    if (lookup->decision.action == ACTION_GENERATE) {
        if (!lookup->secret->replaceable && check_creating(context, look, err) < 0)
            return -1;
        if (ring_generate(&made, lookup->secret->bytes, err) < 0)
            return -1;
        ring = &made;
    }

    int created = context->pretends ? pretend(look, lookup, ring, err)
                                    : write_ring(context, look, lookup, ring, deadline, err);
    if (created == STORE_CREATED)
        tell_kept(context, look, lookup, ring);
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

static unsigned bit_of(const struct lookup *lookup)
{
    return 1U << (lookup->secret - managed_secrets);
}

/* Whether the store is more than an image's folder without a volume: what could not be kept in that was not lost. */
static bool would_last(const struct keeping *keeping)
{
    struct mount_verdict verdict;
    mount_verdict_find(keeping->look->store.path, keeping->context->environment, &verdict);
    return keeping->context->settings->store_named || verdict.survival != MOUNT_EPHEMERAL;
}

/* Where the store is not for us to write, what is given from outside at each start is used without it, and
 * what is replaceable in this process alone. A store that can be written, and fails, is another matter. */
static bool goes_unkept(struct keeping *keeping, const struct lookup *lookup)
{
    bool is_given = is_given_outside(lookup);
    if ((!is_given && !lookup->secret->replaceable) ||
        file_folder_is_writable(keeping->look->store.path))
        return false;
    if (!is_given || would_last(keeping))
        log_warning("unkept-secret",
                    is_given ? "keep giving it" : "each container now has another one",
                    "the store %s cannot be written: the %s is not kept there",
                    keeping->look->store.path, lookup->secret->title);
    keeping->settled |= bit_of(lookup);
    return true;
}

static int advise_on_keeping(struct error *err)
{
    if (err->kind == ERROR_SYSTEM)
        error_advise(err, "give a writable volume (--store DIR), or the key itself in FERNET_KEY");
    return -1;
}

/* Makes each file that is missing. Returns how many have to be looked at again: a key that was made, and what
 * others have made meanwhile; or -1. */
static int create_missing(struct keeping *keeping, struct error *err)
{
    int count = 0;
    struct look *look = keeping->look;
    for (size_t i = 0; i < look->count; i++) {
        struct lookup *lookup = &look->lookups[i];
        if ((keeping->settled & bit_of(lookup)) || survey_stored(&lookup->survey) ||
            !look_must_keep(keeping->context, look, lookup) || goes_unkept(keeping, lookup))
            continue;
        int created = create(keeping->context, look, lookup, &keeping->deadline, err);
        if (created < 0)
            return advise_on_keeping(err);
        if (created == STORE_CREATED && is_given_outside(lookup))
            keeping->settled |= bit_of(lookup);
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
    if (deadline_passed(&keeping->deadline)) {
        error_refused(err, "%s: a file in it exists, but cannot be seen",
                      keeping->look->store.path);
        return error_hint(err, "check its file system");
    }
    return deadline_wait(&keeping->deadline, -1, LOOK_AGAIN_MS, err);
}

static int make_unkept(const struct keeping *keeping, struct lookup *lookup, struct error *err)
{
    char fingerprints[RING_SUMMARY];
    if (lookup->decision.action != ACTION_GENERATE)
        return 0;
    lookup->unkept.is_value = lookup->secret->is_value;
    if (ring_generate(&lookup->unkept, lookup->secret->bytes, err) < 0)
        return -1;
    if (keeping->settled & bit_of(lookup))
        return 0;
    ring_summary(&lookup->unkept, fingerprints);
    char hint[PATH_MAX + 128];
    snprintf(hint, sizeof hint,
             "so that all containers share it, set it in %s, or mount a volume at %s",
             managed_variable(lookup->secret, keeping->look->airflow), keeping->look->store.path);
    log_notice(hint, "created %s %s for this container alone, which has no store",
               lookup->secret->title, fingerprints);
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
    error_refused(err, "%s can be read by everybody (refused: --strict)", look->cfg_path.bytes);
    return error_hint(err, "chmod o-r %s", look->cfg_path.bytes);
}

/* With --strict what would be a warning of security. */
static int check_strict(const struct context *context, const struct look *look, struct error *err)
{
    const struct settings *settings = context->settings;
    if (check_cfg(context, look, err) < 0)
        return -1;
    for (size_t i = 0; settings->strict && i < look->count; i++) {
        const struct lookup *lookup = &look->lookups[i];
        for (size_t j = 0; j < lookup->decision.remark_count; j++) {
            const struct remark *remark = &lookup->decision.remarks[j];
            struct remark_message message;
            if (!warning_is_security(remark_id(remark->kind)))
                continue;
            remark_write(remark, &lookup->survey, &lookup->decision, &message);
            error_refused(err, "%.900s (refused: --strict)", message.text);
            return error_hint(err, "%s", message.hint);
        }
    }
    return 0;
}

/* The store alone: a command runs once in a run, and a file from outside is read once. */
static int look_at_store_again(const struct keeping *keeping, struct error *err)
{
    struct look *look = keeping->look;
    for (size_t i = 0; i < look->count; i++)
        if (!(keeping->settled & bit_of(&look->lookups[i])) &&
            look_again(keeping->context, look, &look->lookups[i], err) < 0)
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
        has_copies |= look->lookups[i].survey.store_scan.copies;
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
        if (make_unkept(&keeping, &look->lookups[i], err) < 0)
            return -1;
    return record_changes(context, look, &keeping.deadline, err);
}

int keep_check_place(const struct context *context, struct error *err)
{
    if (!environment_get(context->environment, KEY_COMMAND_MARK))
        return 0;
    error_refused(err,
                  KEY_COMMAND_MARK " is set: another fernit has started this one in a ..._CMD");
    error_hint(err, "use \"fernit key print\" in a ..._CMD");
    return error_hint(err, "if this is not in a ..._CMD, unset " KEY_COMMAND_MARK);
}

int keep_secrets(const struct context *context, struct look *look, bool has_command,
                 struct error *err)
{
    return look_at_whole(context, look, err) < 0 ? -1 : keep_found(context, look, has_command, err);
}
