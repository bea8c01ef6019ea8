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

enum finding survey_cfg_key(const struct cfg *cfg, const struct managed_option *option,
                            char *const *environment, struct ring *ring, bool *is_plain,
                            struct error *err)
{
    _cleanup_secret_ struct secret value = {0};
    int found = cfg_value(cfg, option->section, option->option, &value, err);
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

/* A source for one line of airflow.cfg: the option of that index, its ..._cmd, its ..._secret, or the option in
 * [DEFAULT]. */
static struct source source_in_cfg(struct survey_state *state, size_t index, size_t which)
{
    static const char *const endings[] = {"", "_cmd", "_secret", ""};
    const struct managed_option *option = &state->survey->secret->options[index];
    char *name = state->survey->cfg_names[index][which];
    snprintf(name, SOURCE_NAME, "%s: %s%s%s", state->input->cfg->path,
             which == IN_DEFAULT ? "[DEFAULT] " : "",
             which == IN_DEFAULT ? option->option : option->label, endings[which]);
    struct source source = source_named(state, SOURCE_CFG, name);
    source.option = index;
    return source;
}

static void advise_on_cfg(struct error *error)
{
    if (error->kind == ERROR_SYSTEM)
        source_advise(error, "let this user read it");
}

static void take_cfg_key(const struct survey_state *state, const struct managed_option *option,
                         bool *is_plain, struct source *source)
{
    source->finding = survey_cfg_key(&state->input->cfg->cfg, option, state->input->environment,
                                     &source->ring, is_plain, source->error);
    if (source->finding != FOUND_BROKEN)
        return;
    source_advise_key(source->error, state->survey->secret, SOURCE_CFG);
    error_within(source->error, "%s", source->name);
}

static bool is_read_first(const struct survey_state *state, size_t index)
{
    return index == managed_rank(state->survey->secret, state->input->airflow, 0);
}

/* The option in [DEFAULT], where the section has the option, too, or there is no such section: configparser does not
 * use it, but Airflow shows it. Where the section gives no key, the one in [DEFAULT] is a source all the same: stored
 * connections may need it, so no other key may be created. */
static int add_default(struct survey_state *state, size_t index, struct error *err)
{
    const struct survey *survey = state->survey;
    const struct ini *ini = &state->input->cfg->cfg.ini;
    struct managed_option option = survey->secret->options[index];
    enum finding own = survey->sources[survey->options[index].source].finding;
    bool is_passed = ini_find(ini, option.section, option.option) || own == FOUND_ABSENT;
    bool ignored;
    if (!is_passed || !ini_find(ini, "DEFAULT", option.option) || !is_read_first(state, index))
        return 0;
    struct source source = source_in_cfg(state, index, IN_DEFAULT);
    source.in_default = true;
    source.is_second = own == FOUND_KEYS || own == FOUND_BROKEN;
    option.section = "DEFAULT";
    take_cfg_key(state, &option, &ignored, &source);
    bool is_any = source.finding == FOUND_KEYS || source.finding == FOUND_BROKEN;
    return is_any ? survey_add(state, &source, err) : 0;
}

static int add_key(struct survey_state *state, size_t index, struct error *err)
{
    struct survey *survey = state->survey;
    struct survey_option *kept = &survey->options[index];
    const struct shared_cfg *cfg = state->input->cfg;
    struct source source = source_in_cfg(state, index, 0);
    kept->source = survey->count;
    if (!cfg->readable) {
        source.finding = FOUND_BROKEN;
        source.fatal = cfg->unknown;
        source.repeated = survey->secret != MANAGED_FERNET_KEY;
        *source.error = cfg->error;
        advise_on_cfg(source.error);
        return survey_add(state, &source, err);
    }
    const struct managed_option *option = &survey->secret->options[index];
    const struct ini_option *own = ini_find(&cfg->cfg.ini, option->section, option->option);
    source.in_default =
        !own && ini_find(&cfg->cfg.ini, "DEFAULT", option->option) && is_read_first(state, index);
    source.is_marked = cfg->cfg.is_whole && own && ini_is_marked(&cfg->cfg.ini, own, option->mark);
    take_cfg_key(state, option, &kept->is_plain, &source);
    return survey_add(state, &source, err) < 0 ? -1 : add_default(state, index, err);
}

/* Whether the option has a value, which is put into *value. */
static bool has_option(const struct survey_state *state, const char *section, const char *option,
                       struct secret *value, struct source *source)
{
    int found = cfg_value(&state->input->cfg->cfg, section, option, value, source->error);
    if (found < 0) {
        source->finding = FOUND_BROKEN;
        source_advise_key(source->error, state->survey->secret, SOURCE_CFG);
        error_within(source->error, "%s", source->name);
    }
    return found > 0 && !text_is_blank(value->bytes);
}

/* [core] fernet_key_cmd and fernet_key_secret. Airflow reads them only where fernet_key is missing. fernit reads them
 * also where it is empty, and where fernit wrote it itself. */
static int add_command_and_secret(struct survey_state *state, size_t index, struct error *err)
{
    const struct managed_option *names = &state->survey->secret->options[index];
    _cleanup_secret_ struct secret command = {0};
    struct source source = source_in_cfg(state, index, 1);
    state->survey->options[index].command_is_passed = state->decided;
    if (has_option(state, names->section, names->option_command, &command, &source))
        source_run_command(&source, state, command.bytes);
    state->survey->options[index].own_store = source.finding == FOUND_OWN_STORE;
    state->survey->options[index].command_failed = source.finding == FOUND_BROKEN;
    if (survey_add(state, &source, err) < 0)
        return -1;

    _cleanup_secret_ struct secret secret = {0};
    source = source_in_cfg(state, index, 2);
    if (!managed_is_left_out(names, state->input->airflow) &&
        has_option(state, names->section, names->option_secret, &secret, &source))
        source.finding = FOUND_SECRET;
    return survey_add(state, &source, err);
}

int survey_cfg(struct survey_state *state, struct error *err)
{
    const struct managed *secret = state->survey->secret;
    int airflow = state->input->airflow;
    for (size_t i = 0; secret->options[i].variable; i++)
        if (add_key(state, managed_rank(secret, airflow, i), err) < 0)
            return -1;
    const struct cfg *cfg = &state->input->cfg->cfg;
    if (cfg->exists && !cfg->is_whole)
        return 0;
    for (size_t i = 0; secret->options[i].variable; i++)
        if (add_command_and_secret(state, managed_rank(secret, airflow, i), err) < 0)
            return -1;
    return 0;
}
