#include "resolve/option_value.h"

#include <stdio.h>
#include <string.h>

#include "airflow/cfg.h"
#include "airflow/expand.h"
#include "airflow/paths.h"
#include "base/command.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/lines.h"
#include "base/words.h"

enum { NAME_MOST = 96, OUTPUT_MOST = 64 * 1024 };

static enum option_value_found failed(const char *source, struct error *err)
{
    if (err->kind != ERROR_ENDING)
        error_within(err, "%s", source);
    return OPTION_VALUE_FAILED;
}

static enum option_value_found ask_backend(const char *source, struct error *err)
{
    error_input(err, "only Airflow can ask its secrets backend for it");
    return failed(source, err);
}

static enum option_value_found expand(const struct option_search *search, struct secret *value,
                                      const char *source, struct error *err)
{
    if (airflow_expand(value, search->environment, err) < 0)
        return failed(source, err);
    if (!text_is_blank(value->bytes))
        return OPTION_VALUE_FOUND;
    error_input(err,
                "is set to nothing, and Airflow takes that for the value; unset it, or give it "
                "one");
    return failed(source, err);
}

/* What stands in front of "://" in the first word is a scheme: the URL itself was put where a command belongs. */
static int run(const struct option_search *search, const char *command, struct secret *value,
               struct error *err)
{
    _cleanup_words_ struct words words = {0};
    struct deadline deadline = deadline_in(search->command_timeout, search->signals);
    if (words_split(command, &words, err) < 0)
        return -1;
    if (words.count == 0 || strstr(words.argv[0], "://"))
        return error_input(err, "holds a URL, where a command belongs");
    if (command_output(words.argv, search->environment, OUTPUT_MOST, &deadline, value, err) < 0)
        return -1;
    return value->bytes && !text_is_blank(value->bytes)
               ? 0
               : error_input(err, "the command has printed nothing");
}

static enum option_value_found ask_command(const struct option_search *search, const char *command,
                                           struct secret *value, const char *source,
                                           struct error *err)
{
    if (!search->run_commands)
        return OPTION_VALUE_COMMAND;
    return run(search, command, value, err) < 0 ? failed(source, err) : OPTION_VALUE_FOUND;
}

static const char *look(const struct option_search *search, const struct option_place *place,
                        const char *suffix, char source[OPTION_VALUE_SOURCE])
{
    snprintf(source, NAME_MOST, "%s%s", place->variable, suffix);
    return environment_get(search->environment, source);
}

static enum option_value_found
look_at_variables(const struct option_search *search, const struct option_place *place,
                  struct secret *value, char source[OPTION_VALUE_SOURCE], struct error *err)
{
    const char *text = look(search, place, "", source);
    if (text)
        return secret_append(value, text, strlen(text), err) < 0
                   ? failed(source, err)
                   : expand(search, value, source, err);
    text = look(search, place, "_CMD", source);
    if (text && !text_is_blank(text))
        return ask_command(search, text, value, source, err);
    text = look(search, place, "_SECRET", source);
    return text && !text_is_blank(text) ? ask_backend(source, err) : OPTION_VALUE_NONE;
}

/* The option with `suffix`, where it is there. */
static enum option_value_found look_at_cfg(const struct option_search *search,
                                           const struct option_place *place, const char *suffix,
                                           const struct cfg *cfg, const char *path,
                                           struct secret *value, char source[OPTION_VALUE_SOURCE],
                                           struct error *err)
{
    char option[NAME_MOST];
    _cleanup_secret_ struct secret text = {0};
    snprintf(option, sizeof option, "%s%s", place->option, suffix);
    snprintf(source, OPTION_VALUE_SOURCE, "%.200s: [%s] %s", path, place->section, option);
    int found = cfg_value(cfg, place->section, option, &text, err);
    if (found < 0)
        return failed(source, err);
    if (found == 0 || (*suffix && text_is_blank(text.bytes)))
        return OPTION_VALUE_NONE;
    if (strcmp(suffix, "_cmd") == 0)
        return ask_command(search, text.bytes, value, source, err);
    if (*suffix)
        return ask_backend(source, err);
    *value = text;
    text = (struct secret){0};
    return expand(search, value, source, err);
}

enum option_value_found option_value(const struct option_search *search, struct secret *value,
                                     char source[OPTION_VALUE_SOURCE], struct error *err)
{
    static const char *const suffixes[] = {"", "_cmd", "_secret"};
    _cleanup_cfg_ struct cfg cfg = {0};
    _cleanup_secret_ struct secret path = {0};
    enum option_value_found found = OPTION_VALUE_NONE;
    for (const struct option_place *place = search->places; !found && place->variable; place++)
        found = look_at_variables(search, place, value, source, err);
    if (found)
        return found;
    if (airflow_cfg_path(search->environment, &path, err) < 0 ||
        cfg_read(path.bytes, &cfg, err) < 0)
        return OPTION_VALUE_FAILED;
    for (size_t i = 0; !found && i < sizeof suffixes / sizeof *suffixes; i++)
        for (const struct option_place *place = search->places; !found && place->variable; place++)
            found = look_at_cfg(search, place, suffixes[i], &cfg, path.bytes, value, source, err);
    return found;
}
