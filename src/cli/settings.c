#include "cli/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/shown.h"
#include "cli/ini_file.h"
#include "cli/settle.h"
#include "cli/variables.h"
#include "process/signal_name.h"

enum { INI_MOST = 64 * 1024, ORDER_MOST = 1000 };

void settings_origin(const struct settings *settings, size_t id, char name[128])
{
    switch (settings->all[id].origin) {
    case ORIGIN_ENVIRONMENT:
        variable_name(options[id].name, name);
        break;
    case ORIGIN_INI:
        snprintf(name, 128, "%.90s: %s", settings->all[OPTION_CONFIG].text, options[id].name);
        break;
    default:
        snprintf(name, 128, "--%s", options[id].name);
    }
}

/* Takes a value unless a stronger one is there. */
static int take(struct settings *settings, size_t id, const char *text, enum origin origin,
                unsigned order, struct error *err)
{
    struct setting *setting = &settings->all[id];
    if (setting->origin > origin)
        return 0;
    *setting = (struct setting){text, origin, order};
    if (id == OPTION_LOG_FORMAT)
        settle_log_format(text);
    if (options[id].kind != KIND_LIST || origin != ORIGIN_FLAG)
        return 0;
    return settle_value(settings, id, (struct span){text, strlen(text)}, err);
}

/* The word behind its dashes, with them: what is there belongs to an option, or is a secret. */
static const char *shown_dashed(const char *word)
{
    const char *name = word + strspn(word, "-");
    return *name == '\0' || shown_option(name) == name ? word : shown_option(name);
}

static int refuse_dash(const struct option *option, const char *value, struct error *err)
{
    const char *text = shown_dashed(value);
    if (strcmp(value, "--") == 0)
        return error_usage(err, "--%s needs a value, and \"--\" ends the options", option->name);
    error_usage(err,
                "--%s needs a value, and \"%.100s\" looks like an option; if it is meant: "
                "--%s=%.100s",
                option->name, text, option->name, text);
    return hint_on_shown(text, err);
}

/* One option of the command line; *arguments moves behind it. */
static int read_flag(struct settings *settings, unsigned command, char ***arguments, unsigned order,
                     struct error *err)
{
    char *word = *(*arguments)++;
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    size_t id = option_named(name, length, 0);

    if (length == 4 && strncmp(name, "help", 4) == 0 && !equals) {
        settings->help = true;
        return 0;
    }
    if (id == OPTION_COUNT) {
        char cut[256];
        span_name((struct span){name, length}, cut, sizeof cut);
        const char *text = shown_option(cut);
        error_usage(err, "--%s is no option; did you mean --%s?", text, nearest_option(cut));
        return hint_on_shown(text, err);
    }
    if (!(options[id].commands & command))
        return error_usage(err, "--%s is not for this command", options[id].name);

    const struct option *option = &options[id];
    bool is_flag = option->kind == KIND_FLAG ||
                   (option->kind == KIND_LATER && strcmp(option->fallback, "no") == 0);
    const char *value = equals ? equals + 1 : is_flag ? "yes" : *(*arguments)++;
    if (!equals && !is_flag && value && *value == '-')
        return refuse_dash(option, value, err);
    if (!value || !*value)
        return error_usage(err, "--%s needs a value: --%s %s", option->name, option->name,
                           option->metavar ? option->metavar : "yes");
    return take(settings, id, value, ORIGIN_FLAG, order, err);
}

/* Of the commands that run no other the words may stand among the options: key destroy FP --yes. They are brought
 * to the beginning. */
static void gather_words(struct settings *settings, char **first, char **words, char **rest)
{
    settings->words = words > first ? first : rest;
    while (words > first && words < rest && (*words++ = *rest++))
        ;
}

static int read_command_line(struct settings *settings, unsigned command, char **arguments,
                             struct error *err)
{
    char **first = arguments;
    char **words = arguments;
    for (unsigned order = 0; *arguments && !settings->help; order++) {
        const char *word = *arguments;
        if (strcmp(word, "--") == 0) {
            arguments++;
            break;
        }
        if (strcmp(word, "-h") == 0) {
            settings->help = true;
        } else if (strncmp(word, "--", 2) == 0) {
            if (read_flag(settings, command, &arguments, order, err) < 0)
                return -1;
        } else if (word[0] == '-' && word[1] != '\0') {
            const char *text = shown_dashed(word);
            error_usage(err, "%s is no option; options have long names, such as --%s", text,
                        nearest_option(word + 1));
            return hint_on_shown(text, err);
        } else if (command & (FOR_CHANGE | FOR_INSTALL)) {
            *words++ = *arguments++;
        } else {
            break;
        }
    }
    gather_words(settings, first, words, arguments);
    return 0;
}

static int read_environment(struct settings *settings, char *const *environment, struct error *err)
{
    for (char *const *variable = environment; *variable; variable++) {
        size_t id = variable_setting(*variable);
        /* Of two the first counts, as for getenv(3). */
        if (id == OPTION_COUNT || settings->all[id].origin == ORIGIN_ENVIRONMENT)
            continue;
        const char *value = strchr(*variable, '=') + 1;
        /* Set to nothing is what compose makes of ${STORE:-}: as if it were not there. */
        if (*value && take(settings, id, value, ORIGIN_ENVIRONMENT, 0, err) < 0)
            return -1;
    }
    return 0;
}

/* Whether root will become a user, as far as the settings are read. */
static bool root_goes(const struct settings *settings)
{
    return settle_user(settings) && geteuid() == 0;
}

static int read_ini(struct settings *settings, struct error *err)
{
    const struct setting *config = &settings->all[OPTION_CONFIG];
    const char *path = config->text;
    bool is_roots = false;
    if (config->origin == ORIGIN_DEFAULT && access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    _cleanup_close_ int fd = ini_file_open(path, root_goes(settings), &is_roots, err);
    if (fd < 0 && err->kind == ERROR_REFUSED)
        return -1;
    if (fd < 0 || file_read(fd, path, INI_MOST, &settings->ini_text, err) < 0)
        return error_advise(
            err, "give --config (FERNIT_CONFIG) a file that can be read, or leave it out");
    const struct ini *ini = &settings->ini;
    if (ini_read(settings->ini_text.bytes, settings->ini_text.length, &settings->ini, err) < 0)
        return error_within(err, "%s", path);

    for (size_t i = 0; i < ini->option_count; i++) {
        const struct ini_option *option = &ini->options[i];
        size_t id = option_named(option->name.start, option->name.length, 1);
        char name[64];
        span_name(option->name, name, sizeof name);
        if (!span_is(option->section, "fernit")) {
            span_name(option->section, name, sizeof name);
            return error_usage(err, "%s: line %zu: is in [%s]; settings stand under [fernit]", path,
                               option->line, shown_value(name));
        }
        if (id < OPTION_COUNT && option_is_flag_alone(id))
            return error_usage(err, "%s: line %zu: --%s counts on the command line alone", path,
                               option->line, options[id].name);
        if (id == OPTION_COUNT || id == OPTION_CONFIG)
            return error_usage(err, "%s: line %zu: %s is no setting; did you mean %s?", path,
                               option->line, shown_option(name), nearest_setting(name, true));
        if (take(settings, id, ini_value(ini, option), ORIGIN_INI, (unsigned)i, err) < 0)
            return -1;
    }
    return root_goes(settings) && !is_roots ? ini_file_refuse(path, err) : 0;
}

void settings_log_early(char *const *environment)
{
    const char *text = environment_get(environment, "FERNIT_LOG_FORMAT");
    if (text)
        settle_log_format(text);
}

int settings_read(struct settings *settings, unsigned command, char **arguments,
                  char *const *environment, struct error *err)
{
    *settings = (struct settings){0};
    for (size_t id = 0; id < OPTION_COUNT; id++)
        settings->all[id].text = options[id].fallback;
    signal_rewrite_none(settings->supervision.rewrite);
    if (read_command_line(settings, command, arguments, err) < 0)
        return -1;
    if (settings->help)
        return 0;
    if (read_environment(settings, environment, err) < 0 || read_ini(settings, err) < 0 ||
        settle(settings, err) < 0)
        return -1;
    warn_of_unknown_variables(environment);
    return 0;
}

void settings_free(struct settings *settings)
{
    free(settings->secret_files);
    secret_free(&settings->paths);
    ini_free_document(&settings->ini);
    secret_free(&settings->ini_text);
    *settings = (struct settings){0};
}
