#include "run/cfg_text.h"

#include <string.h>

#include "base/ini_edit.h"
#include "base/lines.h"

/* The ring as the file must have it: each "%" twice, since one begins a reference. */
static int file_value(const struct item *item, struct secret *value, struct error *err)
{
    _cleanup_secret_ struct secret plain = {0};
    if (ring_text(item->delivers, &plain, err) < 0)
        return -1;
    for (const char *at = plain.bytes; *at;) {
        size_t length = strcspn(at, "%");
        if (secret_append(value, at, length, err) < 0 ||
            (at[length] && secret_append(value, "%%", 2, err) < 0))
            return -1;
        at += length + (at[length] != '\0');
    }
    return 0;
}

static bool has_command(const struct cfg *cfg, const struct managed *secret)
{
    for (const struct managed_option *option = secret->options; option->variable; option++) {
        struct error ignored;
        _cleanup_secret_ struct secret command = {0};
        int found = cfg_value(cfg, option->section, option->option_command, &command, &ignored);
        if (found < 0 || (found > 0 && !text_is_blank(command.bytes)))
            return true;
    }
    return false;
}

/* Whether the value gets fernit's mark. It does where fernit adds a value beside a ..._cmd; a value that the file's
 * owner wrote stays his when fernit edits it. */
static bool needs_mark(const struct cfg *cfg, const struct item *item,
                       const struct managed_option *option)
{
    const struct survey *survey = &item->survey;
    const struct ini_option *found = ini_find(&cfg->ini, option->section, option->option);
    size_t index = survey->options[option - item->secret->options].source;
    bool is_empty = !found || text_is_blank(ini_value(&cfg->ini, found)) ||
                    survey->sources[index].finding == FOUND_PLACEHOLDER;
    return cfg->exists && has_command(cfg, item->secret) && !survey_users_own(survey) &&
           (is_empty || ini_is_marked(&cfg->ini, found, option->mark));
}

int cfg_text_edit(const struct cfg *cfg, const struct item *item,
                  const struct managed_option *option, enum cfg_need need, struct cfg_text *edited,
                  struct error *err)
{
    _cleanup_secret_ struct secret value = {0};
    _cleanup_secret_ struct secret text = {0};
    _cleanup_ini_ struct ini read = {.text = ""};
    const struct ini *ini = need == CFG_MAKE ? &read : &cfg->ini;
    if (edited->is_written) {
        if (ini_read(edited->text.bytes, edited->text.length, &read, err) < 0)
            return -1;
        ini = &read;
    }
    int done = need == CFG_CLEAR || need == CFG_HIDE
                   ? ini_comment_out(ini, option->section, option->option, option->mark, &text, err)
               : file_value(item, &value, err) < 0
                   ? -1
                   : ini_set(ini, option->section, option->option, value.bytes,
                             needs_mark(cfg, item, option) ? option->mark : NULL, &text, err);
    if (done < 0)
        return -1;
    secret_free(&edited->text);
    edited->text = text;
    text = (struct secret){0};
    edited->is_written = true;
    return 0;
}
