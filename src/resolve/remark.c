#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "resolve/decide.h"

const char *remark_id(enum remark_kind kind)
{
    static const char *const ids[] = {
        [REMARK_EMPTY] = "empty-value",       [REMARK_BROKEN] = "broken-source",
        [REMARK_PASSED] = "unused-source",    [REMARK_OTHER] = "other-key",
        [REMARK_CHANGED] = "changed-key",     [REMARK_STAGED] = "staged-key",
        [REMARK_REPLACED] = "replaced-key",   [REMARK_RETIRED] = "retired-key",
        [REMARK_FIRST] = "other-first",       [REMARK_FEWER] = "fewer-keys",
        [REMARK_LOST] = "lost-ring",          [REMARK_JOINED] = "joined-key",
        [REMARK_DROPPED] = "dropped-key",     [REMARK_PUBLISHED] = "published-key",
        [REMARK_SHOWN] = "shown-secret",      [REMARK_READABLE] = "readable-store",
        [REMARK_MODELESS] = "modeless-store", [REMARK_MISNAMED] = "misnamed-secret",
    };
    return ids[kind];
}

/* The keys of its source that it is about. */
static void summarize_own(const struct remark *remark, const struct survey *survey,
                          const struct decision *decision, char *text)
{
    const struct source *winner = decision->winner;
    struct error ignored;
    const struct ring none = {.is_value = survey->secret->is_value};
    const struct ring *all = &remark->source->ring;
    const struct source *store = survey_stored(survey);
    _cleanup_ring_ struct ring some = none;
    _cleanup_ring_ struct ring ungiven = none;
    _cleanup_ring_ struct ring unknown = none;
    if (remark->kind == REMARK_RETIRED || remark->kind == REMARK_DROPPED) {
        ring_of_retired(all, &survey->retired, true, &some, &ignored);
    } else if (remark->kind == REMARK_REPLACED) {
        ring_add_less(&some, all, &decision->change.stored, &ignored);
    } else if (remark->kind == REMARK_JOINED && winner) {
        ring_add_less(&ungiven, all, &winner->ring, &ignored);
        ring_add_less(&unknown, &ungiven, store ? &store->ring : &none, &ignored);
        ring_of_retired(&unknown, &survey->retired, false, &some, &ignored);
    }
    ring_summary(ring_count(&some) > 0 ? &some : all, text);
}

/* What `docker exec` starts gets the container's variables and not fernit's: there the first two ways hide airflow.cfg. */
static void say_beside(const struct survey *survey, const struct source *source,
                       char text[LOST_CURE])
{
    *text = '\0';
    if (source && (source->way <= WAY_COMMAND || source->way == WAY_CFG) &&
        !source_is_shadowed(survey, source))
        snprintf(text, LOST_CURE,
                 "; docker exec sees that alone: say \"fernit run%s -- airflow ...\" there",
                 survey->options);
}

/* Airflow's own variable and option: what is empty there turns encryption off. */
static bool is_read_as_plain(const struct survey *survey, const struct source *source)
{
    bool is_option =
        source->way == WAY_CFG && source == &survey->sources[survey->places[source->place].source];
    return !survey->secret->is_value && (source->way == WAY_VARIABLE || is_option);
}

/* The option that hides the ..._cmd. */
static const char *owned_label(const struct survey *survey)
{
    return survey->secret->places[survey_owned(survey)->place].label;
}

void lost_cure(const struct survey *survey, char text[LOST_CURE])
{
    char staged[RING_SUMMARY];
    const struct retired *retired = &survey->retired;
    ring_summary(&survey->staged, staged);
    *text = '\0';
    if (retired->count > 0)
        snprintf(text, LOST_CURE, "bring the retired key back: fernit key unretire %s --yes%s",
                 retired->fingerprints[0], survey->options);
    else if (*staged)
        snprintf(text, LOST_CURE, "put the staged key there: fernit key promote %.*s --yes%s",
                 FINGERPRINT_TEXT, staged, survey->options);
}

void remark_text(const struct remark *remark, const struct survey *survey,
                 const struct decision *decision, char *text, size_t size)
{
    const struct source *source = remark->source;
    const struct managed *secret = survey->secret;
    const char *winner = decision->winner ? decision->winner->name : "";
    char own[RING_SUMMARY];
    char used[RING_SUMMARY];
    char fresh[RING_SUMMARY];
    char beside[LOST_CURE];
    char cure[LOST_CURE] = "";
    say_beside(survey, decision->winner, beside);
    summarize_own(remark, survey, decision, own);
    ring_summary(&decision->ring, used);
    ring_summary(&decision->change.fresh, fresh);
    used[strcspn(used, ",")] = '\0';

    switch (remark->kind) {
    case REMARK_EMPTY:
        snprintf(text, size, "%s is set to nothing%s; it counts as unset%s", source->name,
                 is_read_as_plain(survey, source)
                     ? ", which Airflow takes as \"store passwords in plain text\""
                     : "",
                 secret->is_value || source->way != WAY_VARIABLE
                     ? ""
                     : ", but not for what docker exec starts: take it out");
        break;
    case REMARK_BROKEN:
        if (source->way == WAY_STORE && !secret->is_value)
            snprintf(text, size,
                     "%s (the store is passed over, the %s comes from %s: what only the store's "
                     "keys have encrypted cannot be read, and none is kept there)",
                     source->error->message, secret->title, winner);
        else
            snprintf(text, size, "%s (not needed now: the %s comes from %s)",
                     source->error->message, secret->title, winner);
        break;
    case REMARK_PASSED:
        if (source_is_never_run(survey, source))
            snprintf(text, size, "%s is not run, because Airflow reads the %s in the file",
                     source->name, owned_label(survey));
        else
            snprintf(text, size, "%s is not used, since %s counts%s", source->name, winner,
                     secret->is_value ? "" : ": is it needed to read anything?");
        break;
    case REMARK_OTHER:
        if (secret->is_value)
            snprintf(text, size, "%s holds another %s (%s) than %s (%s), and is not used",
                     source->name, secret->title, own, winner, used);
        else
            snprintf(text, size,
                     "%s holds another key (%s) than %s (%s), and is not used: what it has "
                     "encrypted cannot be read; if it is needed, add it to the comma list in %s",
                     source->name, own, winner, used, winner);
        break;
    case REMARK_CHANGED:
        if (secret->is_value)
            snprintf(text, size,
                     "%s brings a new %s, %s, in place of %s in %s; restart everything that runs "
                     "with the old one",
                     winner, secret->title, fresh, own, source->name);
        else
            snprintf(
                text, size,
                "%s brings the new key %s: it encrypts from now on, and what %s in %s has "
                "encrypted stays readable%s; whatever still runs with the old ring cannot read "
                "what this one writes: restart it; then run: fernit run%s -- airflow "
                "rotate-fernet-key, and after it: fernit key retire --yes%s",
                winner, fresh, own, source->name, beside, survey->options, survey->options);
        break;
    case REMARK_STAGED:
        snprintf(text, size,
                 "%s brings the new %s %s, which waits in %s.staged beside %s%s; when everything "
                 "has been restarted once, run: fernit key promote %s --yes%s",
                 winner, secret->title, fresh, source->name, own, secret->is_value ? "" : beside,
                 fresh, survey->options);
        break;
    case REMARK_REPLACED:
        snprintf(text, size,
                 "%s brings the new %s %s in place of %s in %s, which is retired: what that has "
                 "encrypted cannot be read until it is brought back: fernit key unretire "
                 "%.*s --yes%s",
                 winner, secret->title, fresh, own, source->name, FINGERPRINT_TEXT, own,
                 survey->options);
        break;
    case REMARK_RETIRED:
        snprintf(text, size,
                 "%s brings a %s that was retired (%s): it is used here, and not kept; give the "
                 "new one there, or bring it back for all: fernit key unretire %.*s --yes%s",
                 source->name, secret->title, own, FINGERPRINT_TEXT, own, survey->options);
        break;
    case REMARK_FIRST:
        snprintf(text, size,
                 "%s puts %s first, and %s puts %.*s: this process encrypts with the one, whoever "
                 "goes by the store with the other; give the same first key "
                 "everywhere, or, if %s is meant for all, run: fernit key promote %s --yes%s%s",
                 winner, used, source->name, FINGERPRINT_TEXT, own, used, used, survey->options,
                 beside);
        break;
    case REMARK_FEWER:
        snprintf(text, size, "%s gives less than %s (%s)%s", winner, source->name, own, beside);
        break;
    case REMARK_LOST:
        if (survey->retired.count > 0)
            lost_cure(survey, cure);
        snprintf(text, size,
                 "%s: is missing, though staged or retired keys beside it show that there was one; "
                 "what the keys in it have encrypted cannot be read: put back a backup of it%s%s",
                 survey->store_name, *cure ? ", or " : "", cure);
        break;
    case REMARK_JOINED: {
        bool is_hidden = *beside;
        snprintf(
            text, size,
            "%s holds %s, which %s (%s) lacks: what it has encrypted stays readable, as the last "
            "of the ring%s%s%s; is it needed?",
            source->name, own, winner, used, is_hidden ? ", but docker exec sees " : "",
            is_hidden ? winner : "", is_hidden ? " alone" : "");
        break;
    }
    case REMARK_DROPPED:
        if (secret->is_value)
            snprintf(text, size, "%s holds another %s (%s) than %s (%s), which counts",
                     source->name, secret->title, own, winner, used);
        else
            snprintf(text, size,
                     "%s holds a key that was retired (%s): it is not used, and a run that writes "
                     "the file takes it out",
                     source->name, own);
        break;
    case REMARK_PUBLISHED:
        snprintf(text, size, "%s gives a %s that everybody knows, from %s", source->name,
                 secret->is_value ? secret->title : "key", remark->text);
        break;
    case REMARK_SHOWN:
        snprintf(text, size, "%s is in [DEFAULT], and Airflow shows it under every other section",
                 source->name);
        break;
    case REMARK_MISNAMED:
        snprintf(text, size, "%.*s is set, and neither Airflow nor fernit reads it",
                 (int)strcspn(remark->text, "="), remark->text);
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

/* What a source from outside gives is changed there. Else the value stands in the store or airflow.cfg: one from
 * outside, given once, takes its place. */
void remark_hint(const struct remark *remark, const struct survey *survey, char hint[REMARK_HINT])
{
    const struct managed *secret = survey->secret;
    *hint = '\0';
    if (remark->kind == REMARK_EMPTY && remark->source->hides)
        snprintf(hint, REMARK_HINT,
                 "%s is set twice: the empty one comes first and hides the other; remove it",
                 remark->source->name);
    if (remark->kind == REMARK_PASSED && source_is_never_run(survey, remark->source))
        snprintf(hint, REMARK_HINT,
                 "remove %s; or, to use it, remove %s once the store has its value",
                 secret->places[remark->source->place].option_command, owned_label(survey));
    if (remark->kind == REMARK_SHOWN)
        snprintf(hint, REMARK_HINT, "move it from [DEFAULT] to [%s]",
                 secret->places[remark->source->place].section);
    if (remark->kind == REMARK_MISNAMED)
        snprintf(hint, REMARK_HINT, "the %s is given in %s: rename the variable, or unset it",
                 secret->title, secret->places[0].variable);
    if (remark->kind != REMARK_PUBLISHED)
        return;
    bool is_outside = remark->source->way < WAY_STORE;
    const char *variable = secret->bare ? secret->bare : secret->places[0].variable;
    if (secret->is_value && is_outside)
        snprintf(hint, REMARK_HINT,
                 "replace it there by a new one (fernit key generate prints one), and restart all "
                 "that use it");
    else if (secret->is_value)
        snprintf(hint, REMARK_HINT,
                 "set %s once to a new one (fernit key generate prints one), and restart all that "
                 "use it",
                 variable);
    else
        snprintf(hint, REMARK_HINT,
                 "%s%s to NEW,OLD, where fernit key generate prints NEW; then run: fernit run%s "
                 "-- airflow rotate-fernet-key",
                 is_outside ? "change it there" : "set ", is_outside ? "" : variable,
                 survey->options);
}
