#include <string.h>

#include "airflow/expand.h"
#include "base/lines.h"
#include "resolve/looking.h"

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

static void advise_on_cfg(struct error *error)
{
    if (error->kind == ERROR_SYSTEM)
        error_advise(error, "make it readable for this user");
    else if (!strchr(error->message, ';'))
        error_advise(error, "correct it, Airflow cannot read it either");
}

/* A file that holds a key is, as a rule, right already, and [core] is all that is to be known of it.
 * Any other will be written: then it is better to know at once whether it can be. */
static int look_at_cfg_key(struct looking *looking, struct error *err)
{
    struct survey *survey = looking->survey;
    const char *path = looking->places->cfg_path;
    struct source source = source_named(WAY_CFG, "%s: fernet_key", path);
    survey->cfg_source = survey->count;
    if (looking->places->cfg_error) {
        source.error = *looking->places->cfg_error;
        source.fatal = true;
    }
    if (looking->places->cfg_error || cfg_read(path, &survey->cfg, &source.error) < 0) {
        source.finding = FOUND_BROKEN;
        advise_on_cfg(&source.error);
        return source_keep(looking, &source, err);
    }
    source.finding = survey_cfg_key(&survey->cfg, looking->places->environment, &source.ring,
                                    &survey->cfg_is_plain, &source.error);
    survey->cfg_readable = true;
    if (source.finding == FOUND_BROKEN) {
        error_within(&source.error, "%s", source.name);
        error_advise(&source.error, "%s", source_key_cure(WAY_CFG));
    } else if (source.finding != FOUND_KEYS &&
               cfg_read_rest(path, &survey->cfg, &source.error) < 0) {
        source.finding = FOUND_BROKEN;
        advise_on_cfg(&source.error);
        survey->cfg_readable = false;
    }
    return source_keep(looking, &source, err);
}

/* [core] fernet_key_cmd and fernet_key_secret, which Airflow reads only where fernet_key is not
 * there; we read them behind an empty one, too, and make the file say the same. */
static int look_at_cfg_rest(struct looking *looking, struct error *err)
{
    struct survey *survey = looking->survey;
    const char *path = looking->places->cfg_path;
    if (!survey->cfg_readable)
        return 0;

    _cleanup_secret_ struct secret command = {0};
    struct source source = source_named(WAY_CFG, "%s: fernet_key_cmd", path);
    int found = cfg_value(&survey->cfg, "core", "fernet_key_cmd", &command, &source.error);
    if (found < 0) {
        source.finding = FOUND_BROKEN;
        error_within(&source.error, "%s", source.name);
        error_advise(&source.error, "%s", source_key_cure(WAY_CFG));
    } else if (found > 0 && !text_is_blank(command.bytes)) {
        source_run_command(&source, looking, command.bytes);
    }
    survey->cfg_own_store = source.finding == FOUND_OWN_STORE;
    if (source_keep(looking, &source, err) < 0)
        return -1;

    _cleanup_secret_ struct secret secret = {0};
    source = source_named(WAY_CFG, "%s: fernet_key_secret", path);
    found = cfg_value(&survey->cfg, "core", "fernet_key_secret", &secret, &source.error);
    if (found < 0) {
        source.finding = FOUND_BROKEN;
        error_within(&source.error, "%s", source.name);
        error_advise(&source.error, "%s", source_key_cure(WAY_CFG));
    } else if (found > 0 && !text_is_blank(secret.bytes)) {
        source.finding = FOUND_SECRET;
    }
    return source_keep(looking, &source, err);
}

int survey_cfg(struct looking *looking, struct error *err)
{
    return look_at_cfg_key(looking, err) < 0 ? -1 : look_at_cfg_rest(looking, err);
}
