#include <stdarg.h>
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

/* Airflow's own variable and option: what is empty there turns encryption off. */
static bool is_read_as_plain(const struct survey *survey, const struct source *source)
{
    bool is_option =
        source->way == WAY_CFG && source == &survey->sources[survey->options[source->place].source];
    return !survey->secret->is_value && (source->way == WAY_VARIABLE || is_option);
}

/* The option that hides the ..._cmd. */
static const char *owned_label(const struct survey *survey)
{
    return survey->secret->options[survey_owned(survey)->place].label;
}

void lost_cure(const struct survey *survey, char text[LOST_CURE])
{
    char staged[RING_SUMMARY];
    const struct retired *retired = &survey->retired;
    ring_summary(&survey->staged, staged);
    *text = '\0';
    if (retired->count > 0)
        snprintf(text, LOST_CURE, "bring the retired key back: fernit key unretire %s --yes%s",
                 retired->fingerprints[0], survey->suggested);
    else if (*staged)
        snprintf(text, LOST_CURE, "put the staged key there: fernit key promote %.*s --yes%s",
                 FINGERPRINT_TEXT, staged, survey->suggested);
}

/* What the sentences and the hints name. */
struct words {
    const char *winner;
    char own[RING_SUMMARY];   /* the keys of its source that it is about */
    char used[RING_SUMMARY];  /* the ring's first */
    char fresh[RING_SUMMARY]; /* what the winner brings */
};

static struct words words_of(const struct remark *remark, const struct survey *survey,
                             const struct decision *decision)
{
    struct words words = {.winner = decision->winner ? decision->winner->name : ""};
    summarize_own(remark, survey, decision, words.own);
    ring_summary(&decision->ring, words.used);
    ring_summary(&decision->change.fresh, words.fresh);
    words.used[strcspn(words.used, ",")] = '\0';
    return words;
}

void remark_text(const struct remark *remark, const struct survey *survey,
                 const struct decision *decision, char *text, size_t size)
{
    const struct source *source = remark->source;
    const struct managed *secret = survey->secret;
    const struct words words = words_of(remark, survey, decision);
    const char *winner = words.winner;
    const char *own = words.own;

    switch (remark->kind) {
    case REMARK_EMPTY:
        snprintf(text, size, "%s is set to nothing, and is ignored", source->name);
        break;
    case REMARK_BROKEN:
        snprintf(text, size, "%s", source->error->message);
        break;
    case REMARK_PASSED:
        if (source_is_never_run(survey, source))
            snprintf(text, size, "%s is not run, because Airflow reads the %s in the file",
                     source->name, owned_label(survey));
        else
            snprintf(text, size, "%s is not used, because %s is used", source->name, winner);
        break;
    case REMARK_OTHER:
        snprintf(text, size, "%s has another %s (%s) than %s (%s), and is not used", source->name,
                 secret->is_value ? secret->title : "key", own, winner, words.used);
        break;
    case REMARK_CHANGED:
        if (secret->is_value)
            snprintf(text, size, "%s brings a new %s, %s, in place of %s in %s", winner,
                     secret->title, words.fresh, own, source->name);
        else
            snprintf(text, size,
                     "%s brings the new key %s: it encrypts from now on, what %s in %s encrypted "
                     "stays readable",
                     winner, words.fresh, own, source->name);
        break;
    case REMARK_STAGED:
        snprintf(text, size, "%s brings the new %s %s: it is staged in %s.staged, beside %s",
                 winner, secret->title, words.fresh, source->name, own);
        break;
    case REMARK_REPLACED:
        snprintf(text, size, "%s brings the new %s %s: it replaces %s in %s", winner, secret->title,
                 words.fresh, own, source->name);
        break;
    case REMARK_RETIRED:
        snprintf(text, size, "%s brings the retired %s %s: it is used here, and is not stored",
                 source->name, secret->title, own);
        break;
    case REMARK_FIRST:
        snprintf(text, size,
                 "%s has %s first, and %s has %.*s: this process and others encrypt with "
                 "different keys",
                 winner, words.used, source->name, FINGERPRINT_TEXT, own);
        break;
    case REMARK_FEWER:
        snprintf(text, size, "%s gives fewer keys than %s (%s)", winner, source->name, own);
        break;
    case REMARK_LOST:
        snprintf(text, size,
                 "%s is missing, and staged or retired keys beside it show that there was one",
                 survey->store_name);
        break;
    case REMARK_JOINED:
        snprintf(text, size, "%s has %s, which %s (%s) lacks: what it encrypted stays readable",
                 source->name, own, winner, words.used);
        break;
    case REMARK_DROPPED:
        if (secret->is_value)
            snprintf(text, size, "%s has another %s (%s) than %s (%s), which is used", source->name,
                     secret->title, own, winner, words.used);
        else
            snprintf(text, size, "%s has the retired key %s, which is not used", source->name, own);
        break;
    case REMARK_PUBLISHED:
        snprintf(text, size, "%s gives a %s that everybody knows, from %s", source->name,
                 secret->is_value ? secret->title : "key", remark->text);
        break;
    case REMARK_SHOWN:
        snprintf(text, size, "%s is in [DEFAULT], and Airflow shows it under every other section",
                 survey->sources[survey->options[source->place].source].name);
        break;
    case REMARK_MISNAMED:
        snprintf(text, size, "%.*s is set, which Airflow and fernit do not read",
                 (int)strcspn(remark->text, "="), remark->text);
        break;
    case REMARK_READABLE:
        snprintf(text, size, "%s can be read by everybody", source->name);
        break;
    case REMARK_MODELESS:
        snprintf(text, size,
                 "%s is on a file system with one mode for all files: every user of the volume "
                 "can replace the key",
                 source->name);
        break;
    }
}

/* A line more, if there is room: a command that is cut would be another one. */
__attribute__((format(printf, 2, 3))) static void advise(char hint[REMARK_HINT], const char *format,
                                                         ...)
{
    size_t length = strlen(hint);
    size_t start = length > 0 ? length + 1 : 0;
    va_list values;
    if (start >= REMARK_HINT)
        return;
    va_start(values, format);
    bool fits =
        vsnprintf(hint + start, REMARK_HINT - start, format, values) < (int)(REMARK_HINT - start);
    va_end(values);
    if (!fits)
        hint[length] = '\0';
    else if (start > 0)
        hint[length] = '\n';
}

/* What `docker exec` starts gets the container's variables and not fernit's: there the first two ways hide airflow.cfg. */
static void advise_beside(const struct survey *survey, const struct source *winner,
                          char hint[REMARK_HINT])
{
    if (!survey->secret->is_value && winner &&
        (winner->way <= WAY_COMMAND || winner->way == WAY_CFG) &&
        !source_is_shadowed(survey, winner))
        advise(hint, "docker exec sees %s alone, so run there: fernit run%s -- airflow ...",
               winner->name, survey->suggested);
}

/* What a source from outside gives is changed there. Else the value stands in the store or airflow.cfg: one from
 * outside, given once, takes its place. */
static void advise_published(const struct remark *remark, const struct survey *survey,
                             char hint[REMARK_HINT])
{
    const struct managed *secret = survey->secret;
    bool is_outside = remark->source->way < WAY_STORE;
    const char *variable = secret->bare ? secret->bare : secret->options[0].variable;
    const char *value = secret->is_value ? "a new one" : "NEW,OLD";
    if (is_outside)
        advise(hint, "change it there to %s: fernit key generate prints a new one", value);
    else
        advise(hint, "set %s once to %s: fernit key generate prints a new one", variable, value);
    if (secret->is_value)
        advise(hint, "then restart all processes that use it");
    else
        advise(hint, "then run: fernit run%s -- airflow rotate-fernet-key", survey->suggested);
}

static void advise_changed(const struct survey *survey, const struct source *winner,
                           char hint[REMARK_HINT])
{
    if (survey->secret->is_value) {
        advise(hint, "restart all processes that run with the old one");
        return;
    }
    advise(hint, "restart all processes that run with the old keys: they cannot read what the new "
                 "one encrypts");
    advise_beside(survey, winner, hint);
    advise(hint, "then run: fernit run%s -- airflow rotate-fernet-key", survey->suggested);
    advise(hint, "after that run: fernit key retire --yes%s", survey->suggested);
}

void remark_hint(const struct remark *remark, const struct survey *survey,
                 const struct decision *decision, char hint[REMARK_HINT])
{
    const struct managed *secret = survey->secret;
    const struct source *winner = decision->winner;
    const struct words words = words_of(remark, survey, decision);
    char cure[LOST_CURE];
    *hint = '\0';

    switch (remark->kind) {
    case REMARK_EMPTY:
        if (remark->source->hides)
            advise(hint, "remove the empty %s: it is set twice, and the first one hides the other",
                   remark->source->name);
        else if (is_read_as_plain(survey, remark->source))
            advise(hint,
                   "remove it: Airflow reads an empty one as \"store passwords in plain text\"%s",
                   remark->source->way == WAY_VARIABLE ? ", and docker exec still gets it" : "");
        break;
    case REMARK_CHANGED:
        advise_changed(survey, winner, hint);
        break;
    case REMARK_STAGED:
        advise_beside(survey, winner, hint);
        advise(hint, "restart all processes once");
        advise(hint, "then run: fernit key promote %.*s --yes%s", FINGERPRINT_TEXT, words.fresh,
               survey->suggested);
        break;
    case REMARK_REPLACED:
        advise(hint,
               "to read what was encrypted before, bring the old key back: "
               "fernit key unretire %.*s --yes%s",
               FINGERPRINT_TEXT, words.own, survey->suggested);
        break;
    case REMARK_RETIRED:
        advise(hint, "give the new key in %s", remark->source->name);
        advise(hint, "or bring the retired key back for all: fernit key unretire %.*s --yes%s",
               FINGERPRINT_TEXT, words.own, survey->suggested);
        break;
    case REMARK_FIRST:
        advise(hint, "give the same first key everywhere");
        advise(hint, "or, if %s is meant for all, run: fernit key promote %s --yes%s", words.used,
               words.used, survey->suggested);
        advise_beside(survey, winner, hint);
        break;
    case REMARK_FEWER:
        advise_beside(survey, winner, hint);
        break;
    case REMARK_LOST:
        advise(hint, "put back a backup: without it, what its keys encrypted cannot be read");
        lost_cure(survey, cure);
        if (survey->retired.count > 0)
            advise(hint, "or %s", cure);
        else
            advise(hint, "see which keys are staged or retired: fernit status%s",
                   survey->suggested);
        break;
    case REMARK_JOINED:
        advise(hint, "see whether it is needed, and give the same keys everywhere");
        advise_beside(survey, winner, hint);
        break;
    case REMARK_SHOWN:
        advise(hint,
               remark->source->is_second ? "remove it from [DEFAULT]: the one in [%s] is used"
                                         : "move it from [DEFAULT] to [%s]",
               secret->options[remark->source->place].section);
        break;
    case REMARK_MISNAMED:
        if (secret->is_value)
            advise(hint, "if it is the %s, rename it to %s", secret->title,
                   secret->options[0].variable);
        else
            advise(hint, "if the %s in it is needed, add it to the list in %s", secret->title,
                   secret->bare);
        advise(hint, "else unset the variable");
        break;
    case REMARK_PUBLISHED:
        advise_published(remark, survey, hint);
        break;
    case REMARK_BROKEN:
        if (*remark->source->error->hints)
            advise(hint, "%s", remark->source->error->hints);
        if (remark->source->way == WAY_STORE && !secret->is_value) {
            advise(hint, "until then what only the store's keys encrypted cannot be read");
            advise(hint, "until then the %s comes from %s, and is not stored", secret->title,
                   words.winner);
        } else {
            advise(hint, "this is not urgent: the %s comes from %s", secret->title, words.winner);
        }
        break;
    case REMARK_PASSED:
        if (source_is_never_run(survey, remark->source)) {
            advise(hint, "remove %s", secret->options[remark->source->place].option_command);
            advise(hint, "or, to use it, remove %s once the store has its value",
                   owned_label(survey));
        } else if (!secret->is_value) {
            advise(hint, "if nothing needs its key, remove it");
        }
        break;
    case REMARK_OTHER:
        if (!secret->is_value)
            advise(hint, "to read what its key encrypted, add it to the comma list in %s",
                   remark->source->in_default ? "[core]" : words.winner);
        break;
    case REMARK_DROPPED:
        if (!secret->is_value)
            advise(hint, "nothing to do: the next start that writes the file removes it");
        break;
    case REMARK_READABLE:
        advise(hint, "chmod o-r %s", remark->source->name);
        break;
    case REMARK_MODELESS:
        advise(hint, "mount it with file_mode, umask or uid, or use another volume");
        break;
    }
}
