#include "resolve/decide.h"

#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "fernet/published.h"
#include "resolve/misnamed.h"

static int remark(struct decision *decision, enum remark_kind kind, const struct source *source,
                  const char *text, struct error *err)
{
    struct remark *remarks =
        reallocarray(decision->remarks, decision->remark_count + 1, sizeof *remarks);
    if (!remarks)
        return error_sys(err, "cannot list the warnings");
    decision->remarks = remarks;
    remarks[decision->remark_count++] = (struct remark){kind, source, text};
    return 0;
}

static int fail(const struct source *source, struct error *err)
{
    *err = *source->error;
    return -1;
}

/* What airflow.cfg holds itself, and not by a command. */
static bool is_written(const struct source *source)
{
    return source->way == WAY_CFG && source->finding == FOUND_KEYS && !source->by_command &&
           !source->is_second;
}

static bool holds_value(const struct source *source)
{
    return !source->is_second &&
           (source->finding == FOUND_KEYS || source->finding == FOUND_SECRET ||
            source->finding == FOUND_COMMAND);
}

/* What Airflow may have used so far and will no longer: the command of airflow.cfg once fernet_key is written beside
 * it, a ..._SECRET, whose keys no store keeps, and every key where a ..._SECRET counts. */
static bool is_passed_over(const struct survey *survey, const struct source *source,
                           const struct source *winner)
{
    const struct survey_option *place = &survey->options[source->place];
    if (source->is_second)
        return source->finding == FOUND_COMMAND || source->finding == FOUND_SECRET;
    if (winner->finding == FOUND_SECRET && source->finding == FOUND_KEYS)
        return true;
    /* Airflow does not ask for it beside a fernet_key in the file. */
    if (source->way == WAY_CFG && survey->sources[place->source].finding == FOUND_KEYS)
        return false;
    bool is_replaced = winner->way >= WAY_BARE && winner->way <= WAY_STORE;
    if (source->finding == FOUND_SECRET)
        return !survey->secret->replaceable || (source->way == WAY_CFG && is_replaced);
    return source->finding == FOUND_COMMAND && source->way == WAY_CFG && is_replaced;
}

/* A command in airflow.cfg may give another key than the one that is stored, or that fernit wrote beside it, as one in
 * a variable may. Airflow does not run it beside a key that the file's owner wrote. */
static const struct source *find_command(const struct survey *survey)
{
    if (survey_owned(survey))
        return NULL;
    for (size_t i = survey->store_source + 1; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        if (source->by_command && holds_value(source) &&
            !survey->options[source->place].command_is_passed)
            return source;
    }
    return NULL;
}

/* The first that holds a value, with a remark for each that is set to nothing. */
static int find_winner(const struct survey *survey, struct decision *decision, struct error *err)
{
    for (size_t i = 0; i < survey->count; i++)
        if (survey->sources[i].fatal)
            return fail(&survey->sources[i], err);

    for (size_t i = 0; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        if (source->finding == FOUND_EMPTY && remark(decision, REMARK_EMPTY, source, NULL, err) < 0)
            return -1;
        if (source_is_never_run(survey, source)) {
            if (remark(decision, REMARK_PASSED, source, NULL, err) < 0)
                return -1;
            continue;
        }
        if (decision->winner) {
            bool broken = source->finding == FOUND_BROKEN && !source->repeated;
            if ((broken || is_passed_over(survey, source, decision->winner)) &&
                remark(decision, broken ? REMARK_BROKEN : REMARK_PASSED, source, NULL, err) < 0)
                return -1;
        } else if (source->finding == FOUND_BROKEN) {
            return fail(source, err);
        } else if (holds_value(source)) {
            const struct source *command =
                source->way == WAY_STORE || source->is_marked ? find_command(survey) : NULL;
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
    error_refused(err, "%s: brings %s, which is new to %s (%s), and --on-change is refuse",
                  winner->name, own, store->name, stored);
    error_id(err, "refused-change");
    error_hint(err, "if it is meant, start once with --on-change keep (or stage)");
    return error_hint(err, "else unset %s", winner->name);
}

/* Nobody can tell whether a key is new to a store that cannot be read. */
static int refuse_unseen(const struct survey *survey, const struct source *winner,
                         struct error *err)
{
    *err = *survey->sources[survey->store_source].error;
    return error_within(err, "%s: may bring a new %s, and --on-change is refuse", winner->name,
                        survey->secret->title);
}

/* What stands beside it shows that the store has had keys, by which something may be encrypted. */
static bool had_ring(const struct survey *survey)
{
    return !survey->secret->replaceable &&
           (ring_count(&survey->staged) > 0 || survey->retired.count > 0);
}

/* There was a key, and its file is not there any more: what is encrypted with it waits for it. */
static int refuse_lost(const struct survey *survey, struct error *err)
{
    char cure[LOST_CURE];
    lost_cure(survey, cure);
    error_refused(err,
                  "%s is missing, and staged or retired keys beside it show that there was one",
                  survey->store_name);
    error_id(err, "lost-ring");
    error_hint(err, "put back a backup: fernit creates no other key in its place");
    error_hint(err, "or give the key in FERNET_KEY");
    return *cure ? error_hint(err, "or %s", cure) : -1;
}

/* Nobody gives a key that counts: one may be made, unless one is lost. */
static int without_key(const struct survey *survey, struct decision *decision, struct error *err)
{
    if (had_ring(survey))
        return refuse_lost(survey, err);
    ring_free(&decision->ring);
    decision->winner = NULL;
    decision->action = ACTION_GENERATE;
    return 0;
}

/* Whether the ring has any key from the winner: else that holds retired ones alone, and what is staged does not
 * count before it is promoted. */
static bool gives_any(const struct source *winner, const struct ring *ring)
{
    for (size_t i = 0; i < ring_count(&winner->ring); i++)
        if (ring_has(ring, ring_key(&winner->ring, i), ring_width(&winner->ring)))
            return true;
    return false;
}

/* A start that has put another ring there since its first look still has to say so. */
static int remark_if_lost(const struct survey *survey, struct decision *decision, struct error *err)
{
    bool is_absent = survey->sources[survey->store_source].finding == FOUND_ABSENT;
    bool is_lost = survey->has_lost_ring || (is_absent && had_ring(survey));
    return is_lost ? remark(decision, REMARK_LOST, decision->winner, NULL, err) : 0;
}

static int remark_on_change(const struct survey *survey, enum on_change on_change,
                            struct decision *decision, struct error *err)
{
    const struct source *winner = decision->winner;
    const struct source *store = survey_stored(survey);
    const struct ring *stored = &decision->change.stored;
    if (remark_if_lost(survey, decision, err) < 0)
        return -1;
    if (!source_is_outside(winner))
        return 0;
    _cleanup_ring_ struct ring retired = {.is_value = survey->secret->is_value};
    if (ring_of_retired(&winner->ring, &survey->retired, true, &retired, err) < 0)
        return -1;
    if (!ring_covers(stored, &retired) && remark(decision, REMARK_RETIRED, winner, NULL, err) < 0)
        return -1;
    if (!store)
        return 0;
    const struct ring *ring = &decision->ring;
    bool is_fresh = ring_count(&decision->change.fresh) > 0;
    bool is_first =
        !ring_same_first(ring, stored) && ring_has(stored, ring_key(ring, 0), ring_width(ring));
    bool is_fewer = !is_fresh && (winner->way <= WAY_COMMAND || winner->way == WAY_CFG) &&
                    !source_is_shadowed(survey, winner) && !ring->is_value &&
                    !ring_covers(&winner->ring, ring);
    if ((is_first || is_fewer) &&
        remark(decision, is_first ? REMARK_FIRST : REMARK_FEWER, store, NULL, err) < 0)
        return -1;
    bool replaces = on_change == ON_CHANGE_REPLACE && !ring_covers(stored, &store->ring);
    enum remark_kind kind = on_change == ON_CHANGE_STAGE ? REMARK_STAGED
                            : replaces                   ? REMARK_REPLACED
                                                         : REMARK_CHANGED;
    return is_fresh ? remark(decision, kind, store, NULL, err) : 0;
}

/* As far as the store and airflow.cfg have it: the ring, and what the store is to hold. */
static int build_ring(const struct survey *survey, enum on_change on_change,
                      struct decision *decision, struct error *err)
{
    const struct ring none = {.is_value = survey->secret->is_value};
    const struct source *winner = decision->winner;
    const struct source *store = survey_stored(survey);
    struct standing standing = {
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
            standing.written[written++] = &survey->sources[i].ring;
    if (change_for(on_change, &standing, &decision->change, &decision->ring, err) < 0) {
        if (store && err->kind == ERROR_REFUSED)
            return refuse_change(winner, store, err);
        error_within(err, "%s and %s together", winner->name, survey->store_name);
        return error_advise(err, "remove from %s the keys that nothing needs any more",
                            winner->name);
    }
    /* What cannot be read is not to be changed either. */
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

static int note_published(const struct survey *survey, struct decision *decision, struct error *err)
{
    for (size_t i = 0; i < ring_count(&decision->ring); i++) {
        char text[FINGERPRINT_TEXT + 1];
        ring_fingerprint(&decision->ring, i, text);
        const char *where = fingerprint_published(text);
        const struct source *source = where ? decision_source(survey, decision, i) : NULL;
        if (where && remark(decision, REMARK_PUBLISHED, source, where, err) < 0)
            return -1;
    }
    return 0;
}

/* airflow.cfg's own: whether they were known, have joined the ring, or are to go from the file. */
static int compare_written(const struct survey *survey, const struct source *source,
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
    if (ring_count(&joined) > 0 && remark(decision, REMARK_JOINED, source, NULL, err) < 0)
        return -1;
    return ring_count(&dropped) > 0 ? remark(decision, REMARK_DROPPED, source, NULL, err) : 0;
}

/* What the other sources hold, measured against the ring. */
static int compare(const struct survey *survey, struct decision *decision, struct error *err)
{
    for (size_t i = 0; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        if (source->readable_by_all && remark(decision, REMARK_READABLE, source, NULL, err) < 0)
            return -1;
        if (source->in_default && source->finding == FOUND_KEYS &&
            remark(decision, REMARK_SHOWN, source, NULL, err) < 0)
            return -1;
        if (source->modeless && remark(decision, REMARK_MODELESS, source, NULL, err) < 0)
            return -1;
        if (source->finding != FOUND_KEYS || source == decision->winner)
            continue;
        if (is_written(source)) {
            if (compare_written(survey, source, decision, err) < 0)
                return -1;
        } else if (source->way != WAY_STORE && !ring_covers(&decision->ring, &source->ring) &&
                   remark(decision, REMARK_OTHER, source, NULL, err) < 0) {
            return -1;
        }
    }
    return note_published(survey, decision, err);
}

/* Where a Fernet key would have to be created, the name is a refusal (run/create_keys.c). What an empty variable hides is told
 * with that one, and what goes to pods is read there. */
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

int decide(const struct survey *survey, enum on_change on_change, struct decision *decision,
           struct error *err)
{
    bool is_value = survey->secret->is_value;
    *decision = (struct decision){.action = ACTION_GENERATE, .ring = {.is_value = is_value}};
    if (find_winner(survey, decision, err) < 0)
        return -1;
    if (is_misnamed(survey, decision) &&
        remark(decision, REMARK_MISNAMED, &survey->sources[survey->store_source], survey->misnamed,
               err) < 0)
        return -1;
    if (!decision->winner)
        return without_key(survey, decision, err);
    if (decision->winner->finding == FOUND_COMMAND) {
        decision->action = ACTION_UNKNOWN;
        return 0;
    }
    if (decision->winner->finding == FOUND_SECRET) {
        decision->action = ACTION_SECRET;
        return remark_if_lost(survey, decision, err);
    }
    decision->action = ACTION_USE;
    if (build_ring(survey, on_change, decision, err) < 0)
        return -1;
    return decision->winner ? compare(survey, decision, err) : 0;
}

void decision_free(struct decision *decision)
{
    free(decision->remarks);
    ring_free(&decision->ring);
    change_free(&decision->change);
    *decision = (struct decision){0};
}
