#include "resolve/decide.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "fernet/published.h"
#include "resolve/misnamed.h"

/* decide() fails at its end where one could not be added. */
static void add_remark(struct decision *decision, enum remark_kind kind,
                       const struct source *source, const char *text)
{
    struct remark *remarks =
        reallocarray(decision->remarks, decision->remark_count + 1, sizeof *remarks);
    decision->lacks_remarks |= !remarks;
    if (!remarks)
        return;
    decision->remarks = remarks;
    remarks[decision->remark_count++] = (struct remark){kind, source, text};
}

static int fail(const struct source *source, struct error *err)
{
    *err = *source->error;
    return -1;
}

/* A literal key in airflow.cfg. */
static bool is_written(const struct source *source)
{
    return source->kind == SOURCE_CFG && source->finding == FOUND_KEYS && !source->by_command &&
           !source->is_second;
}

static bool holds_value(const struct source *source)
{
    return !source->is_second &&
           (source->finding == FOUND_KEYS || source->finding == FOUND_SECRET ||
            source->finding == FOUND_COMMAND);
}

/* What Airflow may have used before, and will not use now: a command of airflow.cfg once fernit writes fernet_key
 * beside it, a ..._SECRET, whose keys no store keeps, and every key where a ..._SECRET wins. */
static bool is_unused(const struct survey *survey, const struct source *source,
                      const struct source *winner)
{
    const struct survey_option *option = &survey->options[source->option];
    if (source->is_second)
        return source->finding == FOUND_COMMAND || source->finding == FOUND_SECRET;
    if (winner->finding == FOUND_SECRET && source->finding == FOUND_KEYS)
        return true;
    /* Airflow never used it beside a fernet_key in the file. */
    if (source->kind == SOURCE_CFG && survey->sources[option->source].finding == FOUND_KEYS)
        return false;
    /* fernit then writes fernet_key beside it. */
    bool is_replaced = winner->kind >= SOURCE_BARE && winner->kind <= SOURCE_STORE;
    if (source->finding == FOUND_SECRET)
        return !survey->secret->replaceable || (source->kind == SOURCE_CFG && is_replaced);
    return source->finding == FOUND_COMMAND && source->kind == SOURCE_CFG && is_replaced;
}

/* A command in airflow.cfg may give a new key, as a variable may: so it wins against the key in the store, and
 * against the key that fernit wrote beside it. Airflow does not run it beside a key that the file's owner wrote. */
static const struct source *find_command(const struct survey *survey)
{
    if (survey_users_own(survey))
        return NULL;
    for (size_t i = survey->store_source + 1; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        if (source->by_command && holds_value(source) &&
            !survey->options[source->option].command_is_passed)
            return source;
    }
    return NULL;
}

/* Finds the first source that holds a value, and adds the remarks about sources that are empty, broken or unused. */
static int find_winner(const struct survey *survey, struct decision *decision, struct error *err)
{
    for (size_t i = 0; i < survey->count; i++)
        if (survey->sources[i].fatal)
            return fail(&survey->sources[i], err);

    for (size_t i = 0; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        if (source->finding == FOUND_EMPTY)
            add_remark(decision, REMARK_EMPTY, source, NULL);
        if (source_is_never_run(survey, source)) {
            add_remark(decision, REMARK_UNUSED, source, NULL);
        } else if (decision->winner) {
            bool is_broken = source->finding == FOUND_BROKEN && !source->repeated;
            if (is_broken || is_unused(survey, source, decision->winner))
                add_remark(decision, is_broken ? REMARK_BROKEN : REMARK_UNUSED, source, NULL);
        } else if (source->finding == FOUND_BROKEN) {
            return fail(source, err);
        } else if (holds_value(source)) {
            const struct source *command =
                source->kind == SOURCE_STORE || source->is_marked ? find_command(survey) : NULL;
            decision->winner = command ? command : source;
        }
    }
    return 0;
}

static int refuse_change(const struct source *winner, const struct source *store, struct error *err)
{
    char own[RING_SUMMARY];
    char stored[RING_SUMMARY];
    ring_summary(&winner->ring, own);
    ring_summary(&store->ring, stored);
    error_refused(err, "%s: %s is new to %s (%s), and --on-change is refuse", winner->name, own,
                  store->name, stored);
    error_id(err, "refused-change");
    error_hint(err, "if it is meant, start once with --on-change keep (or stage)");
    return error_hint(err, "else take it out of %s", winner->name);
}

/* Nobody can tell whether a key is new to a store that cannot be read. */
static int refuse_unseen(const struct survey *survey, const struct source *winner,
                         struct error *err)
{
    *err = *survey->sources[survey->store_source].error;
    return error_within(err, "%s: may bring a new %s, and --on-change is refuse", winner->name,
                        survey->secret->title);
}

/* Staged or retired keys show that the store had a ring, and stored connections may need its keys. */
static bool had_ring(const struct survey *survey)
{
    return !survey->secret->replaceable &&
           (ring_count(&survey->staged) > 0 || survey->retired.count > 0);
}

void lost_cure(const struct survey *survey, char text[LOST_CURE])
{
    char staged[RING_SUMMARY];
    const struct retired *retired = &survey->retired;
    ring_summary(&survey->staged, staged);
    *text = '\0';
    if (retired->count > 1)
        snprintf(text, LOST_CURE,
                 "bring a retired key back (fernit status lists them): fernit key unretire FP "
                 "--yes%s",
                 survey->suggested);
    else if (retired->count > 0)
        snprintf(text, LOST_CURE, "bring the retired key back: fernit key unretire %s --yes%s",
                 retired->fingerprints[0], survey->suggested);
    else if (*staged)
        snprintf(text, LOST_CURE, "put the staged key there: fernit key promote %.*s --yes%s",
                 FINGERPRINT_TEXT, staged, survey->suggested);
}

static int refuse_lost(const struct survey *survey, struct error *err)
{
    char cure[LOST_CURE];
    lost_cure(survey, cure);
    error_refused(err, LOST_RING, survey->store_name);
    error_id(err, "lost-ring");
    error_hint(err, "put back a backup: fernit creates no other key in its place");
    error_hint(err, "or give the key in FERNET_KEY");
    return *cure ? error_hint(err, "or %s", cure) : -1;
}

/* No source gives a usable key: fernit creates one, unless the store lost its ring. */
static int without_key(const struct survey *survey, struct decision *decision, struct error *err)
{
    if (had_ring(survey))
        return refuse_lost(survey, err);
    ring_free(&decision->ring);
    decision->winner = NULL;
    decision->action = ACTION_GENERATE;
    return 0;
}

/* Whether the ring has a key of the winner. If not, all of the winner's keys are retired, and staged keys do not
 * encrypt before they are promoted. */
static bool gives_any(const struct source *winner, const struct ring *ring)
{
    for (size_t i = 0; i < ring_count(&winner->ring); i++)
        if (ring_has(ring, ring_key(&winner->ring, i), ring_width(&winner->ring)))
            return true;
    return false;
}

/* A start that has replaced the lost ring since its first survey must still report it. */
static void remark_if_lost(const struct survey *survey, struct decision *decision)
{
    bool is_absent = survey->sources[survey->store_source].finding == FOUND_ABSENT;
    bool is_lost = survey->has_lost_ring || (is_absent && had_ring(survey));
    if (is_lost)
        add_remark(decision, REMARK_LOST, decision->winner, NULL);
}

static int remark_on_change(const struct survey *survey, enum on_change on_change,
                            struct decision *decision, struct error *err)
{
    const struct source *winner = decision->winner;
    const struct source *store = survey_stored(survey);
    const struct ring *stored = &decision->change.stored;
    remark_if_lost(survey, decision);
    if (!source_is_outside(winner))
        return 0;
    _cleanup_ring_ struct ring retired = {.is_value = survey->secret->is_value};
    if (ring_of_retired(&winner->ring, &survey->retired, true, &retired, err) < 0)
        return -1;
    if (!ring_covers(stored, &retired))
        add_remark(decision, REMARK_RETIRED, winner, NULL);
    if (!store)
        return 0;
    const struct ring *ring = &decision->ring;
    bool is_fresh = ring_count(&decision->change.fresh) > 0;
    bool is_first =
        !ring_same_first(ring, stored) && ring_has(stored, ring_key(ring, 0), ring_width(ring));
    bool is_fewer = !is_fresh && (winner->kind <= SOURCE_COMMAND || winner->kind == SOURCE_CFG) &&
                    !source_is_shadowed(survey, winner) && !ring->is_value &&
                    !ring_covers(&winner->ring, ring);
    if (is_first || is_fewer)
        add_remark(decision, is_first ? REMARK_FIRST : REMARK_FEWER, store, NULL);
    bool replaces = on_change == ON_CHANGE_REPLACE && !ring_covers(stored, &store->ring);
    enum remark_kind kind = on_change == ON_CHANGE_STAGE ? REMARK_STAGED
                            : replaces                   ? REMARK_REPLACED
                                                         : REMARK_CHANGED;
    if (is_fresh)
        add_remark(decision, kind, store, NULL);
    return 0;
}

/* Works out the ring, and what the store must hold. */
static int build_ring(const struct survey *survey, enum on_change on_change,
                      struct decision *decision, struct error *err)
{
    const struct ring none = {.is_value = survey->secret->is_value};
    const struct source *winner = decision->winner;
    const struct source *store = survey_stored(survey);
    struct change_input input = {
        .outside = source_is_outside(winner) ? &winner->ring : &none,
        .stored = store ? &store->ring : &none,
        .staged = &survey->staged,
        .retired = &survey->retired,
    };
    bool is_unseen = survey->sources[survey->store_source].finding == FOUND_BROKEN;
    if (is_unseen && source_is_outside(winner) && on_change == ON_CHANGE_REFUSE)
        return refuse_unseen(survey, winner, err);
    size_t written = 0;
    for (size_t i = 0; i < survey->count; i++)
        if (is_written(&survey->sources[i]) && written < WRITTEN_MOST)
            input.written[written++] = &survey->sources[i].ring;
    if (change_for(on_change, &input, &decision->change, &decision->ring, err) < 0) {
        if (store && err->kind == ERROR_REFUSED)
            return refuse_change(winner, store, err);
        error_within(err, "%s and %s together", winner->name, survey->store_name);
        return error_advise(err, "remove from %s the keys that nothing needs any more",
                            winner->name);
    }
    /* A store that cannot be read must not be changed. */
    if (is_unseen)
        decision->change.changes = false;
    if (ring_count(&decision->change.stored) == 0 && !gives_any(winner, &decision->ring))
        return without_key(survey, decision, err);
    return remark_on_change(survey, on_change, decision, err);
}

const struct source *decision_source(const struct survey *survey, const struct decision *decision,
                                     size_t index)
{
    const struct ring *ring = &decision->ring;
    const uint8_t *key = ring_key(ring, index);
    size_t width = ring_width(ring);
    if (decision->winner && ring_has(&decision->winner->ring, key, width))
        return decision->winner;
    for (size_t i = 0; i < survey->count; i++)
        if (ring_has(&survey->sources[i].ring, key, width))
            return &survey->sources[i];
    return &survey->sources[survey->store_source];
}

static void remark_published(const struct survey *survey, struct decision *decision)
{
    for (size_t i = 0; i < ring_count(&decision->ring); i++) {
        char text[FINGERPRINT_TEXT + 1];
        ring_fingerprint(&decision->ring, i, text);
        const char *where = fingerprint_published(text);
        if (where)
            add_remark(decision, REMARK_PUBLISHED, decision_source(survey, decision, i), where);
    }
}

/* The literal keys of airflow.cfg: some may have joined the ring, others are retired and leave the file. */
static int remark_written(const struct survey *survey, const struct source *source,
                          struct decision *decision, struct error *err)
{
    const struct source *store = survey_stored(survey);
    const struct ring none = {.is_value = survey->secret->is_value};
    _cleanup_ring_ struct ring unknown = none; /* to the store */
    _cleanup_ring_ struct ring dropped = none;
    _cleanup_ring_ struct ring unstaged = none;
    _cleanup_ring_ struct ring ungiven = none; /* by the winner */
    _cleanup_ring_ struct ring joined = none;
    if (ring_add_less(&unknown, &source->ring, store ? &store->ring : &none, err) < 0 ||
        ring_add_less(&dropped, &unknown, &decision->ring, err) < 0 ||
        ring_add_less(&unstaged, &unknown, &survey->staged, err) < 0 ||
        ring_add_less(&ungiven, &unstaged, &decision->winner->ring, err) < 0 ||
        ring_add_less(&joined, &ungiven, &dropped, err) < 0)
        return -1;
    if (ring_count(&joined) > 0)
        add_remark(decision, REMARK_JOINED, source, NULL);
    if (ring_count(&dropped) > 0)
        add_remark(decision, REMARK_DROPPED, source, NULL);
    return 0;
}

/* The remarks about what each source holds, compared with the ring. */
static int remark_sources(const struct survey *survey, struct decision *decision, struct error *err)
{
    for (size_t i = 0; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        if (source->readable_by_all)
            add_remark(decision, REMARK_READABLE, source, NULL);
        if (source->in_default && source->finding == FOUND_KEYS)
            add_remark(decision, REMARK_SHOWN, source, NULL);
        if (source->modeless)
            add_remark(decision, REMARK_MODELESS, source, NULL);
        if (source->finding != FOUND_KEYS || source == decision->winner)
            continue;
        if (is_written(source)) {
            if (remark_written(survey, source, decision, err) < 0)
                return -1;
        } else if (source->kind != SOURCE_STORE && !ring_covers(&decision->ring, &source->ring)) {
            add_remark(decision, REMARK_OTHER, source, NULL);
        }
    }
    remark_published(survey, decision);
    return 0;
}

/* Where a Fernet key would have to be created, run/create_keys.c refuses instead. A value that an empty variable hides is in
 * the hint of REMARK_EMPTY, and Airflow's pods do read what MISNAMED_FOR_PODS gives them. */
static bool is_misnamed(const struct survey *survey, const struct decision *decision)
{
    if (!survey->misnamed)
        return false;
    if (survey->secret->is_value)
        return true;
    for (size_t i = 0; i < survey->count; i++)
        if (survey->sources[i].hides)
            return false;
    return decision->winner && !text_begins(survey->misnamed, MISNAMED_FOR_PODS);
}

static int decide_all(const struct survey *survey, enum on_change on_change,
                      struct decision *decision, struct error *err)
{
    if (find_winner(survey, decision, err) < 0)
        return -1;
    if (is_misnamed(survey, decision))
        add_remark(decision, REMARK_MISNAMED, &survey->sources[survey->store_source],
                   survey->misnamed);
    if (!decision->winner)
        return without_key(survey, decision, err);
    if (decision->winner->finding == FOUND_COMMAND) {
        decision->action = ACTION_UNKNOWN;
        return 0;
    }
    if (decision->winner->finding == FOUND_SECRET) {
        decision->action = ACTION_SECRET;
        remark_if_lost(survey, decision);
        return 0;
    }
    decision->action = ACTION_USE;
    if (build_ring(survey, on_change, decision, err) < 0)
        return -1;
    return decision->winner ? remark_sources(survey, decision, err) : 0;
}

int decide(const struct survey *survey, enum on_change on_change, struct decision *decision,
           struct error *err)
{
    bool is_value = survey->secret->is_value;
    *decision = (struct decision){.action = ACTION_GENERATE, .ring = {.is_value = is_value}};
    int decided = decide_all(survey, on_change, decision, err);
    if (decided < 0 || !decision->lacks_remarks)
        return decided;
    errno = ENOMEM;
    return error_sys(err, "cannot list the warnings");
}

void decision_free(struct decision *decision)
{
    free(decision->remarks);
    ring_free(&decision->ring);
    change_free(&decision->change);
    *decision = (struct decision){0};
}
