#include <stdio.h>
#include <string.h>

#include "airflow/expand.h"
#include "base/ini_edit.h"
#include "base/lines.h"
#include "resolve/survey_state.h"

static bool is_placeholder(const struct secret *value)
{
    struct span text = line_trim(value->bytes, value->bytes + value->length);
    struct span name = {text.start + 1, text.length - 1};
    return text.length > 1 && *text.start == '$' && span_plain(name, "{}_") == name.length;
}

enum finding survey_cfg_key(const struct cfg *cfg, const struct managed_option *place,
                            char *const *environment, struct ring *ring, bool *is_plain,
                            struct error *err)
{
    _cleanup_secret_ struct secret value = {0};
    int found = cfg_value(cfg, place->section, place->option, &value, err);
    *is_plain = found <= 0 || !airflow_expands(value.bytes);
    if (found <= 0)
        return found < 0 ? FOUND_BROKEN : FOUND_ABSENT;
    if (airflow_expand(&value, environment, err) < 0)
        return FOUND_BROKEN;
    if (text_is_blank(value.bytes))
        return FOUND_EMPTY;
    if (is_placeholder(&value))
        return FOUND_PLACEHOLDER;
    if (ring_parse(ring, value.bytes, value.length, err) < 0) {
        ring_free(ring);
        return FOUND_BROKEN;
    }
    return FOUND_KEYS;
}

enum { IN_DEFAULT = 3 }; /* behind the option itself, ..._cmd and ..._secret */

/* A source that is one of the options of a place. */
static struct source source_in_cfg(struct survey_state *state, size_t place, size_t which)
{
    static const char *const endings[] = {"", "_cmd", "_secret", ""};
    const struct managed_option *option = &state->survey->secret->options[place];
    char *name = state->survey->cfg_names[place][which];
    snprintf(name, SOURCE_NAME, "%s: %s%s%s", state->input->cfg->path,
             which == IN_DEFAULT ? "[DEFAULT] " : "",
             which == IN_DEFAULT ? option->option : option->label, endings[which]);
    struct source source = source_named(state, WAY_CFG, name);
    source.place = place;
    return source;
}

static void advise_on_cfg(struct error *error)
{
    if (error->kind == ERROR_SYSTEM)
        source_advise(error, "let this user read it");
    else if (!*error->hints)
        source_advise(error, "correct it");
}

static void take_cfg_key(const struct survey_state *state, const struct managed_option *option,
                         bool *is_plain, struct source *source)
{
    source->finding = survey_cfg_key(&state->input->cfg->cfg, option, state->input->environment,
                                     &source->ring, is_plain, source->error);
    if (source->finding != FOUND_BROKEN)
        return;
    source_advise_key(source->error, state->survey->secret, WAY_CFG);
    error_within(source->error, "%s", source->name);
}

static bool is_first_place(const struct survey_state *state, size_t index)
{
    return index == managed_rank(state->survey->secret, state->input->airflow, 0);
}

/* What [DEFAULT] has where the section has such an option, too, or is missing: configparser passes it over, and Airflow
 * shows it. Where that option gives no key it counts all the same: no other is to be created beside it. */
static int look_at_default(struct survey_state *state, size_t index, struct error *err)
{
    const struct survey *survey = state->survey;
    const struct ini *ini = &state->input->cfg->cfg.ini;
    struct managed_option option = survey->secret->options[index];
    enum finding own = survey->sources[survey->options[index].source].finding;
    bool is_passed = ini_find(ini, option.section, option.option) || own == FOUND_ABSENT;
    bool ignored;
    if (!is_passed || !ini_find(ini, "DEFAULT", option.option) || !is_first_place(state, index))
        return 0;
    struct source source = source_in_cfg(state, index, IN_DEFAULT);
    source.in_default = true;
    source.is_second = own == FOUND_KEYS || own == FOUND_BROKEN;
    option.section = "DEFAULT";
    take_cfg_key(state, &option, &ignored, &source);
    bool is_any = source.finding == FOUND_KEYS || source.finding == FOUND_BROKEN;
    return is_any ? source_keep(state, &source, err) : 0;
}

static int look_at_cfg_key(struct survey_state *state, size_t index, struct error *err)
{
    struct survey *survey = state->survey;
    struct survey_option *place = &survey->options[index];
    const struct cfg_look *cfg = state->input->cfg;
    struct source source = source_in_cfg(state, index, 0);
    place->source = survey->count;
    if (!cfg->readable) {
        source.finding = FOUND_BROKEN;
        source.fatal = cfg->unknown;
        source.repeated = survey->secret != MANAGED_FERNET_KEY;
        *source.error = cfg->error;
        advise_on_cfg(source.error);
        return source_keep(state, &source, err);
    }
    const struct managed_option *option = &survey->secret->options[index];
    const struct ini_option *own = ini_find(&cfg->cfg.ini, option->section, option->option);
    source.in_default =
        !own && ini_find(&cfg->cfg.ini, "DEFAULT", option->option) && is_first_place(state, index);
    source.is_marked = cfg->cfg.is_whole && own && ini_is_marked(&cfg->cfg.ini, own, option->mark);
    take_cfg_key(state, option, &place->is_plain, &source);
    return source_keep(state, &source, err) < 0 ? -1 : look_at_default(state, index, err);
}

/* Whether an option holds anything. */
static bool look_up(const struct survey_state *state, const char *section, const char *option,
                    struct secret *value, struct source *source)
{
    int found = cfg_value(&state->input->cfg->cfg, section, option, value, source->error);
    if (found < 0) {
        source->finding = FOUND_BROKEN;
        source_advise_key(source->error, state->survey->secret, WAY_CFG);
        error_within(source->error, "%s", source->name);
    }
    return found > 0 && !text_is_blank(value->bytes);
}

/* [core] fernet_key_cmd and fernet_key_secret, which Airflow reads only where fernet_key is not
 * there; we read them behind an empty one, too, and make the file say the same, and run the command
 * behind one that we have written. */
static int look_at_cfg_rest(struct survey_state *state, size_t index, struct error *err)
{
    const struct managed_option *place = &state->survey->secret->options[index];
    _cleanup_secret_ struct secret command = {0};
    struct source source = source_in_cfg(state, index, 1);
    state->survey->options[index].command_is_passed = state->decided;
    if (look_up(state, place->section, place->option_command, &command, &source))
        source_run_command(&source, state, command.bytes);
    state->survey->options[index].own_store = source.finding == FOUND_OWN_STORE;
    state->survey->options[index].command_failed = source.finding == FOUND_BROKEN;
    if (source_keep(state, &source, err) < 0)
        return -1;

    _cleanup_secret_ struct secret secret = {0};
    source = source_in_cfg(state, index, 2);
    if (!managed_is_left_out(place, state->input->airflow) &&
        look_up(state, place->section, place->option_secret, &secret, &source))
        source.finding = FOUND_SECRET;
    return source_keep(state, &source, err);
}

int survey_cfg(struct survey_state *state, struct error *err)
{
    const struct managed *secret = state->survey->secret;
    int airflow = state->input->airflow;
    for (size_t i = 0; secret->options[i].variable; i++)
        if (look_at_cfg_key(state, managed_rank(secret, airflow, i), err) < 0)
            return -1;
    const struct cfg *cfg = &state->input->cfg->cfg;
    if (cfg->exists && !cfg->is_whole)
        return 0;
    for (size_t i = 0; secret->options[i].variable; i++)
        if (look_at_cfg_rest(state, managed_rank(secret, airflow, i), err) < 0)
            return -1;
    return 0;
}
