/* The warnings about sources: what each says and advises. The table at the end has a row for each kind. */
#include "resolve/remark.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* What the words are made of. */
struct writer {
    const struct remark *remark;
    const struct survey *survey;
    const struct managed *secret;
    const struct source *source;
    const struct source *winner;
    const char *winner_name;
    char own[RING_SUMMARY];   /* those keys of `source` that the warning is about */
    char used[RING_SUMMARY];  /* the ring's first key */
    char fresh[RING_SUMMARY]; /* the keys that the winner brings */
    struct remark_message *message;
};

__attribute__((format(printf, 2, 3))) static void say(const struct writer *w, const char *format,
                                                      ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(w->message->text, sizeof w->message->text, format, values);
    va_end(values);
}

/* Adds a line to the hint, unless there is no room for all of it: a command that is cut would be another command. */
__attribute__((format(printf, 2, 3))) static void advise(const struct writer *w, const char *format,
                                                         ...)
{
    char *hint = w->message->hint;
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

/* `docker exec` gets the container's variables and not fernit's: there the first two ways hide airflow.cfg. */
static void advise_docker_exec(const struct writer *w)
{
    const struct source *winner = w->winner;
    if (!w->secret->is_value && winner &&
        (winner->kind <= SOURCE_COMMAND || winner->kind == SOURCE_CFG) &&
        !source_is_shadowed(w->survey, winner))
        advise(w, "docker exec sees %s alone, so run there: fernit run%s -- airflow ...",
               w->winner_name, w->survey->suggested);
}

/* The option that keeps Airflow from running its ..._cmd. */
static const char *owned_label(const struct writer *w)
{
    return w->secret->options[survey_users_own(w->survey)->option].label;
}

/* Whether Airflow itself reads the source: an empty Fernet key there turns encryption off. */
static bool is_read_by_airflow(const struct writer *w)
{
    const struct survey *survey = w->survey;
    const struct source *source = w->source;
    bool is_option = source->kind == SOURCE_CFG &&
                     source == &survey->sources[survey->options[source->option].source];
    return !w->secret->is_value && (source->kind == SOURCE_VARIABLE || is_option);
}

static void write_empty(const struct writer *w)
{
    const char *name = w->source->name;
    say(w, "%s is set to nothing, and is ignored", name);
    if (w->source->hides)
        advise(w, "remove the empty %s: it is set twice, and the first one hides the other", name);
    else if (is_read_by_airflow(w))
        advise(w, "%s: Airflow reads an empty one as \"store passwords in plain text\"%s",
               w->source->kind == SOURCE_CFG ? "if it stays empty, remove it" : "remove it",
               w->source->kind == SOURCE_VARIABLE ? ", and docker exec still gets it" : "");
    else
        advise(w, "remove it");
}

static void write_broken(const struct writer *w)
{
    say(w, "%s", w->source->error->message);
    if (*w->source->error->hints)
        advise(w, "%s", w->source->error->hints);
    if (w->source->kind != SOURCE_STORE || w->secret->is_value) {
        advise(w, "until then the %s comes from %s", w->secret->title, w->winner_name);
        return;
    }
    advise(w, "until then what only the store's keys encrypted cannot be read");
    advise(w, "until then the %s comes from %s, and is not stored", w->secret->title,
           w->winner_name);
}

static void write_unused(const struct writer *w)
{
    if (!source_is_never_run(w->survey, w->source)) {
        say(w, "%s is not used, because %s is used", w->source->name, w->winner_name);
        if (!w->secret->is_value)
            advise(w, "keep its key while anything that it encrypted is left");
        return;
    }
    say(w, "%s is not run, because Airflow reads the %s in the file", w->source->name,
        owned_label(w));
    advise(w, "remove %s", w->secret->options[w->source->option].option_command);
    advise(w, "or, to use it, remove %s once the store has that secret", owned_label(w));
}

/* The names beside it say which secret it is of. */
static const char *noun(const struct writer *w)
{
    return w->secret->is_value ? "value" : "key";
}

static void write_other(const struct writer *w)
{
    say(w, "%s has another %s (%s) than %s (%s), and is not used", w->source->name, noun(w), w->own,
        w->winner_name, w->used);
    if (!w->secret->is_value)
        advise(w, "to read what its key encrypted, let %s give both keys, with a comma between",
               w->source->in_default ? "[core]" : w->winner_name);
}

static void write_changed(const struct writer *w)
{
    if (w->secret->is_value) {
        say(w, "%s brings the new value %s: it replaces %s in %s", w->winner_name, w->fresh, w->own,
            w->source->name);
        advise(w, "restart all processes that run with the old one");
        return;
    }
    say(w, "%s brings the new key %s: it encrypts from now on", w->winner_name, w->fresh);
    advise(w, "what %s in %s encrypted stays readable", w->own, w->source->name);
    advise(w, "restart all processes that run with the old keys: they cannot read what the new "
              "one encrypts");
    advise_docker_exec(w);
    advise(w, "then run: fernit run%s -- airflow rotate-fernet-key", w->survey->suggested);
    advise(w, "after that run: fernit key retire --yes%s", w->survey->suggested);
}

static void write_staged(const struct writer *w)
{
    say(w, "%s brings the new %s %s: it is staged in %s.staged", w->winner_name, noun(w), w->fresh,
        w->source->name);
    advise(w, "%s stays in use until it is promoted", w->own);
    advise_docker_exec(w);
    advise(w, "restart all processes once");
    advise(w, "then run: fernit key promote %.*s --yes%s", FINGERPRINT_TEXT, w->fresh,
           w->survey->suggested);
}

static void write_replaced(const struct writer *w)
{
    say(w, "%s brings the new %s %s: it replaces %s in %s", w->winner_name, noun(w), w->fresh,
        w->own, w->source->name);
    advise(w,
           "to read what was encrypted before, bring the old key back: "
           "fernit key unretire %.*s --yes%s",
           FINGERPRINT_TEXT, w->own, w->survey->suggested);
}

static void write_retired(const struct writer *w)
{
    const char *name = w->source->name;
    say(w, "%s brings the retired %s %s: it is used here, and is not stored", name, noun(w),
        w->own);
    advise(w, "give the new key in %s", name);
    advise(w, "or bring the retired key back for all: fernit key unretire %.*s --yes%s",
           FINGERPRINT_TEXT, w->own, w->survey->suggested);
}

static void write_first(const struct writer *w)
{
    say(w, "%s has %s first, and %s has %.*s: processes encrypt with different keys",
        w->winner_name, w->used, w->source->name, FINGERPRINT_TEXT, w->own);
    advise(w, "give the same first key everywhere");
    advise(w, "or, if %s is meant for all, run: fernit key promote %s --yes%s", w->used, w->used,
           w->survey->suggested);
    advise_docker_exec(w);
}

static void write_fewer(const struct writer *w)
{
    say(w, "%s gives fewer keys than %s (%s)", w->winner_name, w->source->name, w->own);
    advise_docker_exec(w);
}

static void write_lost(const struct writer *w)
{
    char cure[LOST_CURE];
    lost_cure(w->survey, cure);
    say(w, LOST_RING, w->survey->store_name);
    advise(w, "add the keys of a backup behind the one in use: NEW,BACKUP in %s", w->winner_name);
    advise(w, "without them, what they encrypted cannot be read");
    if (w->survey->retired.count > 0)
        advise(w, "or %s", cure);
    else
        advise(w, "see which keys are staged or retired: fernit status%s", w->survey->suggested);
}

static void write_joined(const struct writer *w)
{
    say(w, "%s has %s, which %s (%s) lacks: it only decrypts", w->source->name, w->own,
        w->winner_name, w->used);
    advise(w, "see whether it is needed, and give the same keys everywhere");
    advise_docker_exec(w);
}

static void write_dropped(const struct writer *w)
{
    if (w->secret->is_value) {
        say(w, "%s has %s, which is not used: %s has %s", w->source->name, w->own, w->winner_name,
            w->used);
        return;
    }
    say(w, "%s has the retired key %s, which is not used", w->source->name, w->own);
    advise(w, "nothing to do: the next start that writes the file removes it");
}

/* A source outside the store is changed itself. A key in the store or in airflow.cfg is replaced by one that a variable
 * gives once. */
static void write_published(const struct writer *w)
{
    const struct managed *secret = w->secret;
    const char *variable = secret->bare ? secret->bare : secret->options[0].variable;
    const char *value = secret->is_value ? "a new one" : "NEW,OLD";
    say(w, "%s gives a %s that everybody knows, from %s", w->source->name, noun(w),
        w->remark->text);
    if (w->source->kind < SOURCE_STORE)
        advise(w, "change it there to %s: fernit key generate prints a new one", value);
    else
        advise(w, "set %s once to %s: fernit key generate prints a new one", variable, value);
    if (secret->is_value)
        advise(w, "then restart all processes that use it");
    else
        advise(w,
               "restart all processes, then run: fernit run%s -- airflow rotate-fernet-key\n"
               "then leave OLD out, and run: fernit key retire --yes%s",
               w->survey->suggested, w->survey->suggested);
}

static void write_shown(const struct writer *w)
{
    const struct survey *survey = w->survey;
    say(w, "%s is in [DEFAULT], and Airflow shows it under every other section",
        survey->sources[survey->options[w->source->option].source].name);
    advise(w,
           !w->source->is_second ? "move it from [DEFAULT] to [%s]"
           : w->secret->is_value ? "remove it from [DEFAULT]: the one in [%s] is used"
                                 : "add its key to the list in [%s], then remove it from [DEFAULT]",
           w->secret->options[w->source->option].section);
}

static void write_readable(const struct writer *w)
{
    say(w, "%s can be read by every user", w->source->name);
    advise(w,
           "if fernit or Airflow runs as another user than its owner, chown it to that user first");
    advise(w, "chmod o-r %s", w->source->name);
}

static void write_modeless(const struct writer *w)
{
    say(w,
        "%s is on a file system with one mode for all files: every user of the volume can replace "
        "the key",
        w->source->name);
    advise(w, "mount it with file_mode, umask or uid, or use another volume");
}

static void write_misnamed(const struct writer *w)
{
    const struct managed *secret = w->secret;
    say(w, "%.*s is set, which Airflow and fernit do not read", (int)strcspn(w->remark->text, "="),
        w->remark->text);
    if (secret->is_value)
        advise(w, "if it is the %s, rename it to %s", secret->title, secret->options[0].variable);
    else
        advise(w, "if the %s in it is needed, give it behind the one in use: %s=USED,IT",
               secret->title, secret->bare);
    advise(w, "else unset the variable");
}

static const struct {
    const char *id;
    void (*write)(const struct writer *w);
} kinds[] = {
    [REMARK_EMPTY] = {"empty-value", write_empty},
    [REMARK_BROKEN] = {"broken-source", write_broken},
    [REMARK_UNUSED] = {"unused-source", write_unused},
    [REMARK_OTHER] = {"other-key", write_other},
    [REMARK_CHANGED] = {"changed-key", write_changed},
    [REMARK_STAGED] = {"staged-key", write_staged},
    [REMARK_REPLACED] = {"replaced-key", write_replaced},
    [REMARK_RETIRED] = {"retired-key", write_retired},
    [REMARK_FIRST] = {"other-first", write_first},
    [REMARK_FEWER] = {"fewer-keys", write_fewer},
    [REMARK_LOST] = {"lost-ring", write_lost},
    [REMARK_JOINED] = {"joined-key", write_joined},
    [REMARK_DROPPED] = {"dropped-key", write_dropped},
    [REMARK_PUBLISHED] = {"published-key", write_published},
    [REMARK_SHOWN] = {"shown-secret", write_shown},
    [REMARK_READABLE] = {"readable-store", write_readable},
    [REMARK_MODELESS] = {"modeless-store", write_modeless},
    [REMARK_MISNAMED] = {"misnamed-secret", write_misnamed},
};

const char *remark_id(enum remark_kind kind)
{
    return kinds[kind].id;
}

/* Of some kinds of warning not all keys of the source are named. */
static void summarize_own(const struct remark *remark, const struct survey *survey,
                          const struct decision *decision, char *text)
{
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
    } else if (remark->kind == REMARK_JOINED && decision->winner) {
        ring_add_less(&ungiven, all, &decision->winner->ring, &ignored);
        ring_add_less(&unknown, &ungiven, store ? &store->ring : &none, &ignored);
        ring_of_retired(&unknown, &survey->retired, false, &some, &ignored);
    }
    ring_summary(ring_count(&some) > 0 ? &some : all, text);
}

void remark_write(const struct remark *remark, const struct survey *survey,
                  const struct decision *decision, struct remark_message *message)
{
    struct writer writer = {
        .remark = remark,
        .survey = survey,
        .secret = survey->secret,
        .source = remark->source,
        .winner = decision->winner,
        .winner_name = decision->winner ? decision->winner->name : "",
        .message = message,
    };
    *message->hint = '\0';
    summarize_own(remark, survey, decision, writer.own);
    ring_summary(&decision->ring, writer.used);
    ring_summary(&decision->change.fresh, writer.fresh);
    writer.used[strcspn(writer.used, ",")] = '\0';
    kinds[remark->kind].write(&writer);
}
