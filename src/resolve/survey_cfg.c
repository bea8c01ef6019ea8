#include <stdio.h>
#include <string.h>

#include "airflow/expand.h"
#include "base/lines.h"
#include "resolve/looking.h"

enum cfg_option { CFG_KEY, CFG_COMMAND, CFG_SECRET };
static const char *const cfg_options[] = {"fernet_key", "fernet_key_cmd", "fernet_key_secret"};

static bool is_placeholder(const struct secret *value)
{
    static const char names[] = "{}_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    struct span text = line_trim(value->bytes, value->bytes + value->length);
    return text.length > 1 && *text.start == '$' &&
           strspn(text.start + 1, names) >= text.length - 1;
}

enum finding survey_cfg_key(const struct cfg *cfg, char *const *environment, struct ring *ring,
                            bool *is_plain, struct error *err)
{
    _cleanup_secret_ struct secret value = {0};
    int found = cfg_value(cfg, "core", "fernet_key", &value, err);
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

/* A source that is one of the options. */
static struct source source_in_cfg(struct looking *looking, enum cfg_option option)
{
    char *name = looking->survey->cfg_names[option];
    snprintf(name, SOURCE_NAME, "%s: %s", looking->places->cfg_path, cfg_options[option]);
    return source_named(looking, WAY_CFG, name);
}

static void advise_on_cfg(struct error *error)
{
    if (error->kind == ERROR_SYSTEM)
        error_advise(error, "make it readable for this user");
    else if (!strchr(error->message, ';'))
        error_advise(error, "correct it, Airflow cannot read it either");
}

/* Reads it with one of cfg_read and cfg_read_key. Nothing changes where that fails. */
static int read_key(struct looking *looking, struct source *source,
                    int (*read)(const char *path, struct cfg *cfg, struct error *err),
                    struct error *err)
{
    struct survey *survey = looking->survey;
    struct cfg cfg;
    if (read(looking->places->cfg_path, &cfg, err) < 0)
        return -1;
    cfg_free(&survey->cfg);
    ring_free(&source->ring);
    survey->cfg = cfg;
    source->finding = survey_cfg_key(&survey->cfg, looking->places->environment, &source->ring,
                                     &survey->cfg_is_plain, source->error);
    return 0;
}

/* A file that holds a key beside another source is, as a rule, right already, and no more is to be known
 * of it. Any other counts, or will be written: then it is better to know at once whether it can be. */
static int read_as_far_as_needed(struct looking *looking, struct source *source)
{
    struct error rest;
    const struct cfg *cfg = &looking->survey->cfg;
    if (!looking->decided)
        return read_key(looking, source, cfg_read, source->error);
    if (read_key(looking, source, cfg_read_key, source->error) < 0)
        return -1;
    bool has_key = source->finding == FOUND_KEYS;
    if (cfg->is_whole || !cfg->exists || (has_key && !looking->places->whole_cfg))
        return 0;
    if (read_key(looking, source, cfg_read, &rest) == 0 || has_key)
        return 0;
    *source->error = rest;
    return -1;
}

static int look_at_cfg_key(struct looking *looking, struct error *err)
{
    struct survey *survey = looking->survey;
    struct source source = source_in_cfg(looking, CFG_KEY);
    survey->cfg_source = survey->count;
    if (looking->places->cfg_error) {
        *source.error = *looking->places->cfg_error;
        source.fatal = true;
    }
    survey->cfg_readable =
        !looking->places->cfg_error && read_as_far_as_needed(looking, &source) == 0;
    if (!survey->cfg_readable) {
        source.finding = FOUND_BROKEN;
        advise_on_cfg(source.error);
        cfg_free(&survey->cfg);
    } else if (source.finding == FOUND_BROKEN) {
        error_within(source.error, "%s", source.name);
        error_advise(source.error, "%s", source_key_cure(WAY_CFG));
    }
    return source_keep(looking, &source, err);
}

/* Whether an option holds anything. */
static bool look_up(const struct looking *looking, enum cfg_option option, struct secret *value,
                    struct source *source)
{
    const struct cfg *cfg = &looking->survey->cfg;
    if (!cfg->is_whole)
        return false;
    int found = cfg_value(cfg, "core", cfg_options[option], value, source->error);
    if (found < 0) {
        source->finding = FOUND_BROKEN;
        error_within(source->error, "%s", source->name);
        error_advise(source->error, "%s", source_key_cure(WAY_CFG));
    }
    return found > 0 && !text_is_blank(value->bytes);
}

/* [core] fernet_key_cmd and fernet_key_secret, which Airflow reads only where fernet_key is not
 * there (nor do we, unless all is to be read); we read them behind an empty one, too, and make the
 * file say the same. */
static int look_at_cfg_rest(struct looking *looking, struct error *err)
{
    struct survey *survey = looking->survey;
    if (!survey->cfg_readable)
        return 0;

    _cleanup_secret_ struct secret command = {0};
    struct source source = source_in_cfg(looking, CFG_COMMAND);
    if (look_up(looking, CFG_COMMAND, &command, &source))
        source_run_command(&source, looking, command.bytes);
    survey->cfg_own_store = source.finding == FOUND_OWN_STORE;
    if (source_keep(looking, &source, err) < 0)
        return -1;

    _cleanup_secret_ struct secret secret = {0};
    source = source_in_cfg(looking, CFG_SECRET);
    if (look_up(looking, CFG_SECRET, &secret, &source))
        source.finding = FOUND_SECRET;
    return source_keep(looking, &source, err);
}

int survey_cfg(struct looking *looking, struct error *err)
{
    return look_at_cfg_key(looking, err) < 0 ? -1 : look_at_cfg_rest(looking, err);
}
