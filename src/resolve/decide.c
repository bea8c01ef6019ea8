#include "resolve/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airflow/names.h"

static int remark(struct decision *decision, enum remark_kind kind, const struct source *source,
                  const char *text, struct error *err)
{
    struct remark *remarks =
        reallocarray(decision->remarks, decision->remark_count + 1, sizeof *remarks);
    if (!remarks)
        return error_sys(err, "cannot hold the remarks");
    decision->remarks = remarks;
    remarks[decision->remark_count++] = (struct remark){kind, source, text};
    return 0;
}

static int fail(const struct source *source, struct error *err)
{
    *err = *source->error;
    return -1;
}

static bool is_outside(const struct source *source)
{
    return source->way <= WAY_FILE;
}

static bool holds_value(const struct source *source)
{
    return source->finding == FOUND_KEYS || source->finding == FOUND_SECRET ||
           source->finding == FOUND_COMMAND;
}

/* What Airflow has used so far and will no longer: the command or secret of airflow.cfg once fernet_key
 * is written beside it, and every key where a ..._SECRET counts. */
static bool is_passed_over(const struct survey *survey, const struct source *source,
                           const struct source *winner)
{
    if (winner->finding == FOUND_SECRET)
        return source->finding == FOUND_KEYS;
    bool is_later = source->finding == FOUND_COMMAND || source->finding == FOUND_SECRET;
    return is_later && source->way == WAY_CFG && winner->way >= WAY_BARE &&
           winner->way <= WAY_STORE && survey->sources[survey->cfg_source].finding != FOUND_KEYS;
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
        if (decision->winner) {
            bool broken = source->finding == FOUND_BROKEN;
            if ((broken || is_passed_over(survey, source, decision->winner)) &&
                remark(decision, broken ? REMARK_BROKEN : REMARK_PASSED, source, NULL, err) < 0)
                return -1;
        } else if (source->finding == FOUND_BROKEN) {
            return fail(source, err);
        } else if (holds_value(source)) {
            decision->winner = source;
        }
    }
    return 0;
}

static int build_ring(const struct survey *survey, struct decision *decision, struct error *err)
{
    const struct source *winner = decision->winner;
    const struct source *store = survey_stored(survey);
    if (ring_add_all(&decision->ring, &winner->ring, err) < 0)
        return -1;
    if (!is_outside(winner) || !store)
        return 0;
    if (!ring_covers(&store->ring, &winner->ring) &&
        remark(decision, REMARK_CHANGED, store, NULL, err) < 0)
        return -1;
    if (ring_add_all(&decision->ring, &store->ring, err) == 0)
        return 0;
    error_within(err, "%s and %s together", winner->name, store->name);
    return error_advise(err, "take those out of %s that nothing needs any more", winner->name);
}

static int refuse_foreign(const struct source *source, const struct decision *decision,
                          struct error *err)
{
    _cleanup_ring_ struct ring lacking = {0};
    char foreign[RING_SUMMARY];
    char known[RING_SUMMARY];
    if (ring_add_less(&lacking, &source->ring, &decision->ring, err) < 0)
        return -1;
    ring_summary(&lacking, foreign);
    ring_summary(&decision->ring, known);
    return error_refused(err,
                         "%s: holds %s, which is not among the keys from %s (%s), and is not "
                         "overwritten: it may be the only copy; to keep all, give them as a comma "
                         "list in " FERNET_VARIABLE
                         ", the one to encrypt with first; if nothing was "
                         "encrypted with it, take its line out of the file",
                         source->name, foreign, decision->winner->name, known);
}

static const struct source *first_with(const struct survey *survey, const struct ring *ring,
                                       size_t index)
{
    size_t i = 0;
    while (!ring_has(&survey->sources[i].ring, ring_key(ring, index), ring_width(ring)))
        i++;
    return &survey->sources[i];
}

static int note_published(const struct survey *survey, struct decision *decision, struct error *err)
{
    for (size_t i = 0; i < ring_count(&decision->ring); i++) {
        char text[FINGERPRINT_TEXT + 1];
        ring_fingerprint(&decision->ring, i, text);
        const char *where = fingerprint_published(text);
        const struct source *source = where ? first_with(survey, &decision->ring, i) : NULL;
        if (where && remark(decision, REMARK_PUBLISHED, source, where, err) < 0)
            return -1;
    }
    return 0;
}

/* What the other sources hold, measured against the ring. */
static int compare(const struct survey *survey, struct decision *decision, struct error *err)
{
    for (size_t i = 0; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        if (source->readable_by_all && remark(decision, REMARK_READABLE, source, NULL, err) < 0)
            return -1;
        if (source->modeless && remark(decision, REMARK_MODELESS, source, NULL, err) < 0)
            return -1;
        if (source->finding != FOUND_KEYS || ring_covers(&decision->ring, &source->ring))
            continue;
        if (source->way == WAY_CFG)
            return refuse_foreign(source, decision, err);
        if (remark(decision, REMARK_OTHER, source, NULL, err) < 0)
            return -1;
    }
    return note_published(survey, decision, err);
}

int decide(const struct survey *survey, struct decision *decision, struct error *err)
{
    *decision = (struct decision){.action = ACTION_GENERATE};
    if (find_winner(survey, decision, err) < 0)
        return -1;
    if (!decision->winner)
        return 0;
    if (decision->winner->finding == FOUND_COMMAND) {
        decision->action = ACTION_UNKNOWN;
        return 0;
    }
    if (decision->winner->finding == FOUND_SECRET) {
        decision->action = ACTION_SECRET;
        return 0;
    }
    bool adopt = decision->winner->way == WAY_CFG && !decision->winner->by_command;
    decision->action = adopt ? ACTION_ADOPT : ACTION_USE;
    if (build_ring(survey, decision, err) < 0)
        return -1;
    return compare(survey, decision, err);
}

const char *remark_id(enum remark_kind kind)
{
    static const char *const ids[] = {
        [REMARK_EMPTY] = "empty-value",       [REMARK_BROKEN] = "broken-source",
        [REMARK_PASSED] = "unused-source",    [REMARK_OTHER] = "other-key",
        [REMARK_CHANGED] = "changed-key",     [REMARK_PUBLISHED] = "published-key",
        [REMARK_READABLE] = "readable-store", [REMARK_MODELESS] = "modeless-store",
    };
    return ids[kind];
}

void remark_text(const struct remark *remark, const struct decision *decision, char *text,
                 size_t size)
{
    const struct source *source = remark->source;
    char own[RING_SUMMARY];
    char used[RING_SUMMARY];
    ring_summary(&source->ring, own);
    ring_summary(&decision->ring, used);
    used[strcspn(used, ",")] = '\0';

    switch (remark->kind) {
    case REMARK_EMPTY:
        snprintf(text, size,
                 "%s is set to nothing, which Airflow takes as \"store passwords in plain text\"; "
                 "it counts as unset",
                 source->name);
        break;
    case REMARK_BROKEN:
        snprintf(text, size, "%s (not needed now: the key comes from %s)", source->error->message,
                 decision->winner->name);
        break;
    case REMARK_PASSED:
        snprintf(text, size, "%s is not used, since %s counts: is it needed to read anything?",
                 source->name, decision->winner->name);
        break;
    case REMARK_OTHER:
        snprintf(text, size,
                 "%s holds another key (%s) than %s (%s), and is not used: what it has encrypted "
                 "cannot be read; if it is needed, add it to the comma list in %s",
                 source->name, own, decision->winner->name, used, decision->winner->name);
        break;
    case REMARK_CHANGED:
        snprintf(text, size,
                 "%s brings the key %s, which %s (%s) lacks: it encrypts from now on, and what the "
                 "stored one has encrypted stays readable; it is not recorded, so keep giving it "
                 "as long as anything is encrypted with it",
                 decision->winner->name, used, source->name, own);
        break;
    case REMARK_PUBLISHED:
        snprintf(text, size,
                 "%s gives a key that everybody knows, from %s; put a new one (fernit key "
                 "generate) in front of it, new,old, and run: airflow rotate-fernet-key",
                 source->name, remark->text);
        break;
    case REMARK_READABLE:
        snprintf(text, size, "%s can be read by everybody; chmod o-r it", source->name);
        break;
    case REMARK_MODELESS:
        snprintf(text, size,
                 "%s is on a file system that gives all files one mode: whoever reaches the "
                 "volume can exchange the key",
                 source->name);
        break;
    }
}

void decision_free(struct decision *decision)
{
    free(decision->remarks);
    ring_free(&decision->ring);
    *decision = (struct decision){0};
}
