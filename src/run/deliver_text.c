#include "run/deliver_text.h"

#include <string.h>

#include "base/ini_edit.h"
#include "base/lines.h"

/* As it stands in the file: a "%" would begin a reference there. */
static int file_value(const struct lookup *lookup, struct secret *value, struct error *err)
{
    _cleanup_secret_ struct secret plain = {0};
    if (ring_text(lookup_ring(lookup), &plain, err) < 0)
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
    for (const struct managed_option *place = secret->options; place->variable; place++) {
        struct error ignored;
        _cleanup_secret_ struct secret command = {0};
        int found = cfg_value(cfg, place->section, place->option_command, &command, &ignored);
        if (found < 0 || (found > 0 && !text_is_blank(command.bytes)))
            return true;
    }
    return false;
}

/* A value that the owner of the file wrote stays his when fernit edits it. Only where there was none has fernit put one
 * beside the ..._cmd. */
static bool needs_mark(const struct cfg *cfg, const struct lookup *lookup,
                       const struct managed_option *place)
{
    const struct survey *survey = &lookup->survey;
    const struct ini_option *option = ini_find(&cfg->ini, place->section, place->option);
    size_t index = survey->options[place - lookup->secret->options].source;
    bool is_empty = !option || text_is_blank(ini_value(&cfg->ini, option)) ||
                    survey->sources[index].finding == FOUND_PLACEHOLDER;
    return cfg->exists && has_command(cfg, lookup->secret) && !survey_owned(survey) &&
           (is_empty || ini_is_marked(&cfg->ini, option, place->mark));
}

int deliver_text_edit(const struct cfg *cfg, const struct lookup *lookup,
                      const struct managed_option *place, enum cfg_need need,
                      struct deliver_text *edited, struct error *err)
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
                   ? ini_comment_out(ini, place->section, place->option, place->mark, &text, err)
               : file_value(lookup, &value, err) < 0
                   ? -1
                   : ini_set(ini, place->section, place->option, value.bytes,
                             needs_mark(cfg, lookup, place) ? place->mark : NULL, &text, err);
    if (done < 0)
        return -1;
    secret_free(&edited->text);
    edited->text = text;
    text = (struct secret){0};
    edited->is_written = true;
    return 0;
}
