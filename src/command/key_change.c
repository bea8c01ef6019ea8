#include "command/key_change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/commands.h"
#include "command/key_plan.h"
#include "command/key_report.h"
#include "run/change_rings.h"
#include "run/report.h"
#include "store/create.h"
#include "store/names.h"

/* The word on the command line: the commands are in the order of enum verb. */
static const char *verb_word(enum verb verb)
{
    return commands[COMMAND_KEY_PROMOTE + verb].second;
}

/* The keys of the sources and the store, and the change to make. */
struct key_operation {
    const struct context *context;
    enum verb verb;
    const char *prefix; /* of a fingerprint; NULL: none */
    struct findings findings;
    const struct source *given; /* of the Fernet key: see struct stored_keys */
    struct stored_keys stored[MANAGED_COUNT];
    struct target target;
    struct ring retired; /* the key that unretire takes out of retired/ */
    struct plan plan;
    bool created; /* the ring was missing, and was created */
};

static void clear(struct key_operation *operation)
{
    for (size_t i = 0; i < MANAGED_COUNT; i++)
        stored_keys_free(&operation->stored[i]);
    plan_free(&operation->plan);
    ring_free(&operation->retired);
}

static void operation_free(struct key_operation *operation)
{
    clear(operation);
    findings_free(&operation->findings);
}
#define _cleanup_operation_ _cleanup_(operation_free)

static int read_words(struct key_operation *operation, struct error *err)
{
    char *const *words = operation->context->settings->words;
    const char *verb = verb_word(operation->verb);
    bool needed = operation->verb == VERB_UNRETIRE || operation->verb == VERB_DESTROY;
    operation->prefix = words[0];
    if (words[0] && words[1])
        return error_usage(err, "key %s takes one fingerprint", verb);
    if (needed && !words[0]) {
        error_usage(err, "key %s needs the fingerprint of a retired key", verb);
        return error_hint(err, "see the retired keys: fernit status%s",
                          operation->context->settings->options);
    }
    if (words[0] && !is_fingerprint_prefix(words[0])) {
        error_usage(err, "key %s takes a fingerprint, and what was given is none", verb);
        return error_hint(err, "give its 16 hex digits, or at least the first 4 of them");
    }
    return 0;
}

static int parse(struct ring *ring, bool is_value, const struct secret *text, struct error *err)
{
    ring->is_value = is_value;
    return text->length == 0 ? 0 : ring_parse(ring, text->bytes, text->length, err);
}

static int fill(const struct store *store, struct stored_keys *keys, const struct store_file *file,
                struct error *err)
{
    const struct managed *secret = keys->secret;
    if (file->finding == STORE_UNFINISHED) {
        error_refused(err, "%s/%s: another fernit is creating it", store->path, secret->name);
        return error_hint(err, "try again in a moment");
    }
    if (file->finding == STORE_HOLDS && file->text.length == 0) {
        error_input(err, "%s/%s: is empty", store->path, secret->name);
        error_id(err, "damaged-key");
        return error_hint(err, "put back a backup");
    }
    bool is_ring = parse(&keys->ring, secret->is_value, &file->text, err) < 0;
    if (is_ring || parse(&keys->staged, secret->is_value, &file->staged, err) < 0) {
        error_id(err, "damaged-key");
        error_hint(err, "%sput back a backup", *err->hints ? "or " : "");
        return error_within(err, "%s/%s%s", store->path, secret->name, is_ring ? "" : ".staged");
    }
    return store_retired_list(store, secret->name, secret->is_value, &keys->retired, err);
}

static void read_one(const struct key_operation *operation, struct stored_keys *keys,
                     const struct managed *secret)
{
    struct error err = {0};
    const struct store *store = &operation->findings.store;
    _cleanup_store_file_ struct store_file file = {0};
    *keys =
        (struct stored_keys){.secret = secret, .options = operation->context->settings->options};
    if (store_read_by_names(store, secret->name, secret->is_value, &file, &err) == 0 &&
        fill(store, keys, &file, &err) == 0)
        return;
    stored_keys_free(keys);
    keys->error = err;
}

/* A source that still has the key would give it to the next start, as a new key. */
static int check_sources(const struct key_operation *operation, struct error *err)
{
    const struct survey *survey = &operation->findings.items[0].survey;
    for (size_t i = 0; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        /* fernit init does not remove a key from [DEFAULT]. */
        bool is_edited = source->kind == SOURCE_CFG && !source->is_second;
        for (size_t j = 0; source->kind != SOURCE_STORE && j < ring_count(&source->ring); j++) {
            char text[FP];
            ring_fingerprint(&source->ring, j, text);
            if (strcmp(text, operation->target.fingerprint) != 0)
                continue;
            error_refused(err, "%s: still holds %s, and the next start would bring it back",
                          source->name, text);
            error_id(err, "key-in-use");
            return error_hint(err, "first remove it there%s%s", is_edited ? ": fernit init" : "",
                              is_edited ? operation->context->settings->options : "");
        }
    }
    return 0;
}

/* Reads the store and makes the plan. Returns as plan_make. */
static int make_plan(struct key_operation *operation, struct error *err)
{
    clear(operation);
    for (size_t i = 0; i < MANAGED_COUNT; i++)
        read_one(operation, &operation->stored[i], &managed_secrets[i]);

    operation->stored[0].given = operation->given;
    struct target *target = &operation->target;
    int found =
        operation->prefix
            ? target_find(operation->stored, MANAGED_COUNT, operation->prefix, target, err)
            : target_default(operation->verb, operation->stored, MANAGED_COUNT, target, err);
    if (found < 0 && stored_keys_error(operation->stored, MANAGED_COUNT))
        return -1;
    if (found < 0)
        return error_within(err, "%s", operation->findings.store.path);
    const struct managed *secret = target->keys ? target->keys->secret : NULL;
    if (operation->verb == VERB_UNRETIRE && target->is_retired &&
        store_retired_read(&operation->findings.store, secret->name, secret->is_value,
                           target->fingerprint, &operation->retired, err) < 0)
        return -1;
    if (operation->verb == VERB_DESTROY && check_sources(operation, err) < 0)
        return -1;
    return plan_make(operation->verb, operation->stored, target, &operation->retired,
                     &operation->plan, err);
}

/* --- Carrying out the plan */

/* Whether the ring is missing, and the plan gives it a key. */
static bool creates_ring(const struct plan *plan)
{
    return plan->changes_ring && ring_count(&plan->keys->ring) == 0;
}

/* If another process creates the ring first, the next plan adds the key to that ring. */
static int create_ring(const struct key_operation *operation, struct error *err)
{
    _cleanup_secret_ struct secret text = {0};
    const struct settings *settings = operation->context->settings;
    const struct managed *secret = operation->plan.keys->secret;
    struct deadline deadline = deadline_in(settings->lock_timeout, operation->context->signals);
    if (ring_text(&operation->plan.ring, &text, err) < 0 || secret_append(&text, "\n", 1, err) < 0)
        return -1;
    return store_create(&operation->findings.store, secret->name, secret->is_value, &text,
                        settings->single_writer, &deadline, err);
}

/* command/key_plan.h says why in this order. */
static int carry_out(const struct key_operation *operation, struct error *err)
{
    char staged[FILE_TEMPORARY_NAME];
    const struct plan *plan = &operation->plan;
    const struct store *store = &operation->findings.store;
    const struct managed *secret = plan->keys->secret;
    store_staged_name(secret->name, staged);
    if (ring_count(&plan->retire) > 0 &&
        store_retire(store, secret->name, secret->is_value, &plan->retire, err) < 0)
        return -1;
    if (plan->changes_ring && replace_ring(store, secret->name, &plan->ring, err) < 0)
        return -1;
    if (plan->changes_staged && replace_ring(store, staged, &plan->staged, err) < 0)
        return -1;
    return *plan->leaves_retired ? store_retired_destroy(store, secret->name, secret->is_value,
                                                         plan->leaves_retired, err)
                                 : 0;
}

static int lock(const struct key_operation *operation, struct error *err)
{
    struct deadline deadline =
        deadline_in(operation->context->settings->lock_timeout, operation->context->signals);
    int held =
        lock_for_change(operation->context, &operation->findings.store, &deadline,
                        "see that no other fernit starts, and add --assume-single-writer", err);
    if (held < 0 && err->kind == ERROR_SYSTEM && err->errnum != EROFS && !*err->hints) {
        error_advise(err, "to change a key, let the store be writable and have locks");
        error_advise(err, "or, where one host alone uses it, add --assume-single-writer");
    }
    return held;
}

/* With the lock held: reads the store, makes the plan and carries it out. If the ring is missing, sets *is_missing
 * instead. Returns as plan_make. */
static int apply_locked(struct key_operation *operation, bool *is_missing, struct error *err)
{
    *is_missing = false;
    _cleanup_close_ int held = lock(operation, err);
    if (held < 0 && err->kind != ERROR_NONE)
        return -1;
    int planned = make_plan(operation, err);
    *is_missing = planned > 0 && creates_ring(&operation->plan);
    return planned > 0 && !*is_missing && carry_out(operation, err) < 0 ? -1 : planned;
}

/* A missing ring is created as at a first start, without our lock: store_create may have to take it. */
static int apply_plan(struct key_operation *operation, struct error *err)
{
    bool is_missing;
    int planned = apply_locked(operation, &is_missing, err);
    if (!is_missing)
        return planned;
    if (create_ring(operation, err) < 0)
        return -1;
    operation->created = true;
    planned = apply_locked(operation, &is_missing, err);
    if (!is_missing)
        return planned;
    error_refused(err, "%s/%s: another process removed it just now", operation->findings.store.path,
                  operation->plan.keys->secret->name);
    return error_hint(err, "start again");
}

/* --- The commands */

static void print_nothing_to_do(const struct key_operation *operation)
{
    const struct target *target = &operation->target;
    if (!target->keys)
        printf("There is nothing to retire: one key is in use.\n");
    else
        printf("There is nothing to do: %s is %s.\n", target->fingerprint,
               target->in_ring     ? "in use already"
               : target->in_staged ? "staged"
                                   : "retired already");
}

static int unconfirmed(const struct key_operation *operation)
{
    const struct target *target = &operation->target;
    /* The error comes after the plan where both streams are the same terminal. */
    fflush(stdout);
    const struct settings *settings = operation->context->settings;
    struct error err;
    error_refused(&err, "nothing was changed: --yes is missing");
    error_id(&err, "not-confirmed");
    error_hint(&err, "to do this: fernit key %s%s%s --yes%s%s", verb_word(operation->verb),
               target->keys ? " " : "", target->fingerprint, settings->options,
               settings->single_writer ? " --assume-single-writer" : "");
    error_print(&err);
    return EXIT_PROBLEM;
}

static int failed(const struct context *context, const struct error *err)
{
    return report_failure(context->signals, err, failure_status(err));
}

/* Finds the source outside the store that a start uses. If it cannot be read, retire fails: the key may be in it. */
static int find_given(struct key_operation *operation, struct error *err)
{
    const struct survey *survey = &operation->findings.items[0].survey;
    for (size_t i = 0; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        if (i >= survey->store_source && !source->by_command)
            continue;
        if (source->finding == FOUND_KEYS)
            operation->given = source;
        if (source->finding == FOUND_KEYS || source->finding == FOUND_SECRET)
            return 0;
        if (source->finding == FOUND_BROKEN && operation->verb == VERB_RETIRE) {
            *err = *source->error;
            return -1;
        }
    }
    return 0;
}

/* Reads all sources. Other errors that would end a run, such as a refused change, do not stop a key command. */
static int find_keys(struct key_operation *operation, struct error *err)
{
    struct findings *findings = &operation->findings;
    int looked = findings_gather(operation->context, 1, RUN_COMMANDS_NEEDED, findings, err);
    if (looked < 0 && (err->kind == ERROR_ENDING || findings->items[0].survey.store_source == 0))
        return -1;
    if (findings->store_error.kind != ERROR_NONE) {
        *err = findings->store_error;
        return -1;
    }
    if (findings->store.directory < 0) {
        error_input(err, "the store %s: does not exist", findings->store.path);
        return error_hint(err, "name the right one with --store DIR");
    }
    return find_given(operation, err);
}

static int change(const struct context *context, enum verb verb)
{
    struct error err = {0};
    _cleanup_operation_ struct key_operation operation = {
        .context = context, .verb = verb, .findings = {.store = {.directory = -1}}};
    if (read_words(&operation, &err) < 0 || find_keys(&operation, &err) < 0)
        return failed(context, &err);

    bool yes = context->settings->yes;
    int planned = yes ? apply_plan(&operation, &err) : make_plan(&operation, &err);
    if (planned < 0)
        return failed(context, &err);
    if (planned == 0) {
        print_nothing_to_do(&operation);
        return EXIT_GOOD;
    }
    key_report(&operation.plan, verb, operation.findings.store.path, operation.created, yes);
    return yes ? EXIT_GOOD : unconfirmed(&operation);
}

int key_promote_command(const struct context *context)
{
    return change(context, VERB_PROMOTE);
}

int key_retire_command(const struct context *context)
{
    return change(context, VERB_RETIRE);
}

int key_unretire_command(const struct context *context)
{
    return change(context, VERB_UNRETIRE);
}

int key_destroy_command(const struct context *context)
{
    return change(context, VERB_DESTROY);
}
