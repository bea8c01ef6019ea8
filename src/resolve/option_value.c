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

/* A first word with "://" in it is a URL that was put where a command belongs. */
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

static int expand(const struct option_search *search, const char *text, struct secret *value,
                  struct error *err)
{
    if (secret_append(value, text, strlen(text), err) < 0 ||
        airflow_expand(value, search->environment, err) < 0)
        return -1;
    if (!text_is_blank(value->bytes))
        return 0;
    error_input(err, "is set to nothing, and Airflow takes that for the value");
    return error_hint(err, "unset it, or give it a value");
}

/* An option is given by its value, by a command, or by a secrets backend. */
enum form { FORM_VALUE, FORM_COMMAND, FORM_BACKEND };

static const char *const suffixes[][2] = {{"", ""}, {"_CMD", "_cmd"}, {"_SECRET", "_secret"}};

/* `text` is what the variable or the line of the file holds, or NULL. */
static enum option_value_found take(const struct option_search *search, enum form form,
                                    const char *text, struct secret *value, const char *source,
                                    struct error *err)
{
    int taken = -1;
    if (!text || (form != FORM_VALUE && text_is_blank(text)))
        return OPTION_VALUE_NONE;
    if (form == FORM_COMMAND && !search->run_commands)
        return OPTION_VALUE_COMMAND;
    if (form == FORM_VALUE)
        taken = expand(search, text, value, err);
    else if (form == FORM_COMMAND)
        taken = run(search, text, value, err);
    else
        error_input(err, "only Airflow can ask its secrets backend for it");
    if (taken == 0)
        return OPTION_VALUE_FOUND;
    if (err->kind != ERROR_ENDING)
        error_within(err, "%s", source);
    return OPTION_VALUE_FAILED;
}

static enum option_value_found find_in_variable(const struct option_search *search,
                                                const struct option_name *name, enum form form,
                                                struct secret *value,
                                                char source[OPTION_VALUE_SOURCE], struct error *err)
{
    snprintf(source, OPTION_VALUE_SOURCE, "%s%s", name->variable, suffixes[form][0]);
    return take(search, form, environment_get(search->environment, source), value, source, err);
}

struct file {
    const char *path;
    struct cfg cfg;
};

static enum option_value_found find_in_file(const struct option_search *search,
                                            const struct option_name *name, enum form form,
                                            const struct file *file, struct secret *value,
                                            char source[OPTION_VALUE_SOURCE], struct error *err)
{
    char option[NAME_MOST];
    _cleanup_secret_ struct secret text = {0};
    snprintf(option, sizeof option, "%s%s", name->option, suffixes[form][1]);
    snprintf(source, OPTION_VALUE_SOURCE, "%.200s: [%s] %s", file->path, name->section, option);
    int found = cfg_value(&file->cfg, name->section, option, &text, err);
    if (found >= 0)
        return take(search, form, found ? text.bytes : NULL, value, source, err);
    error_within(err, "%s", source);
    return OPTION_VALUE_FAILED;
}

enum option_value_found option_value(const struct option_search *search, struct secret *value,
                                     char source[OPTION_VALUE_SOURCE], struct error *err)
{
    struct file file = {.path = NULL};
    _cleanup_secret_ struct secret path = {0};
    const struct option_name *names = search->names;
    enum option_value_found found = OPTION_VALUE_NONE;
    enum form last = search->is_plain ? FORM_VALUE : FORM_BACKEND;
    for (const struct option_name *name = names; name->variable; name++)
        for (enum form form = FORM_VALUE; form <= last && !found; form++)
            found = find_in_variable(search, name, form, value, source, err);
    if (found)
        return found;
    if (airflow_cfg_path(search->environment, &path, err) < 0 ||
        cfg_read(path.bytes, &file.cfg, err) < 0)
        return OPTION_VALUE_FAILED;
    file.path = path.bytes;
    for (enum form form = FORM_VALUE; form <= last; form++)
        for (const struct option_name *name = names; name->variable && !found; name++)
            found = find_in_file(search, name, form, &file, value, source, err);
    cfg_free(&file.cfg);
    return found;
}
