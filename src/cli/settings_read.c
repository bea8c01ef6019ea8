#include "cli/settings_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/shown.h"
#include "base/signal_name.h"
#include "cli/commands.h"
#include "cli/ini_file.h"
#include "cli/options.h"
#include "cli/suggest.h"
#include "cli/unknown.h"
#include "cli/values.h"
#include "cli/variables.h"

enum { INI_MOST = 64 * 1024 };

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

/* Puts the option's name before an error about its value. */
static int value_fails(const struct settings *settings, size_t id, struct error *err)
{
    char name[128];
    settings_origin(settings, id, name);
    return error_within(err, "%s", name);
}

static void set_log_format(const char *text)
{
    int format = option_word(&options[OPTION_LOG_FORMAT], text, strlen(text));
    if (format >= 0)
        log_set_format((enum log_format)format);
}

/* Takes a value unless there is one from a stronger origin. A repeatable option is read at once. Any other is read
 * later, by read_values, since a later value may replace this one. */
static int take(struct settings *settings, size_t id, const char *text, enum origin origin,
                unsigned order, struct error *err)
{
    struct setting *setting = &settings->all[id];
    if (setting->origin > origin)
        return 0;
    *setting = (struct setting){text, origin, order};
    if (id == OPTION_LOG_FORMAT)
        set_log_format(text);
    if (!option_is_repeatable(id))
        return 0;
    int added = origin == ORIGIN_FLAG
                    ? value_add(settings, id, (struct span){text, strlen(text)}, err)
                    : value_add_all(settings, id, text, err);
    return added < 0 ? value_fails(settings, id, err) : 0;
}

static int need_value(const struct option *option, bool is_dash, struct error *err)
{
    error_usage(err, "--%s needs a value", option->name);
    return is_dash ? error_hint(err, "a value that begins with \"-\" needs \"=\": --%s=%s",
                                option->name, option->metavar)
                   : error_hint(err, "--%s %s", option->name,
                                option->metavar ? option->metavar : "yes");
}

/* The option is for other commands. */
static int refuse_option(const struct option *option, struct error *err)
{
    char list[128] = "";
    for (size_t i = 0, length = 0; i < COMMAND_COUNT && length < sizeof list; i++)
        if (commands[i].options & option->commands)
            length += (size_t)snprintf(list + length, sizeof list - length, "%s%s%s%s",
                                       length > 0 ? ", " : "", commands[i].name,
                                       commands[i].second ? " " : "",
                                       commands[i].second ? commands[i].second : "");
    error_usage(err, "--%s is not for this command", option->name);
    return error_hint(err, "remove it, or use it with one of: %s", list);
}

/* Reads one option of the command line, and moves *arguments past it. */
static int read_flag(struct settings *settings, unsigned command, char ***arguments, unsigned order,
                     struct error *err)
{
    const char *name = *(*arguments)++ + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] ? name + length + 1 : NULL;
    size_t id = option_named(name, length, false);
    if (strcmp(name, "help") == 0) {
        settings->help = true;
        return 0;
    }
    if (id == OPTION_COUNT)
        return unknown_option("--", name, err);
    const struct option *option = &options[id];
    if (!(option->commands & command))
        return refuse_option(option, err);
    if (!value && option->kind == KIND_FLAG)
        value = "yes";
    else if (!value && (value = *(*arguments)++) && *value == '-')
        return need_value(option, strcmp(value, "--") != 0, err);
    if (!value || !*value)
        return need_value(option, false, err);
    return take(settings, id, value, ORIGIN_FLAG, order, err);
}

/* Moves the words of a command to the front: options may stand between them (key destroy FP --yes). */
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
            return unknown_option("-", word + 1, err);
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
        /* Of two variables with the same name the first is used, as in getenv(3). */
        if (id == OPTION_COUNT || settings->all[id].origin == ORIGIN_ENVIRONMENT)
            continue;
        const char *value = strchr(*variable, '=') + 1;
        /* Compose turns ${STORE:-} into an empty variable, which counts as not set. */
        if (*value && take(settings, id, value, ORIGIN_ENVIRONMENT, 0, err) < 0)
            return -1;
    }
    return 0;
}

/* Whether root will become another user, by the settings read so far. */
static bool root_becomes_user(const struct settings *settings)
{
    const char *user = settings->all[OPTION_USER].text;
    return strcmp(user, options[OPTION_USER].fallback) != 0 && geteuid() == 0;
}

static int read_ini_option(struct settings *settings, const struct ini_option *option,
                           unsigned order, struct error *err)
{
    size_t id = option_named(option->name.start, option->name.length, true);
    char name[64];
    if (!span_is(option->section, "fernit")) {
        span_name(option->section, name, sizeof name);
        error_usage(err, "settings stand under [fernit], not under [%s]", shown_value(name));
    } else if (id == OPTION_COUNT) {
        const char *names[OPTION_COUNT + 1];
        option_names(ORIGIN_INI, names);
        span_name(option->name, name, sizeof name);
        unknown_word(&(struct unknown){.before = "",
                                       .word = name,
                                       .what = "a setting",
                                       .names = names,
                                       .prefix = "",
                                       .otherwise = "fernit help lists the topics of settings"},
                     err);
    } else if (!option_may_come_from(id, ORIGIN_INI)) {
        error_usage(err, "%s cannot stand in this file", options[id].name);
        error_hint(err, "give --%s on the command line", options[id].name);
    } else {
        return take(settings, id, ini_value(&settings->ini, option), ORIGIN_INI, order, err);
    }
    return error_within(err, "%s: line %zu", settings->all[OPTION_CONFIG].text, option->line);
}

static int read_ini(struct settings *settings, struct error *err)
{
    const struct setting *config = &settings->all[OPTION_CONFIG];
    const char *path = config->text;
    bool is_roots = false;
    if (config->origin == ORIGIN_DEFAULT && access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    _cleanup_close_ int fd = ini_file_open(path, root_becomes_user(settings), &is_roots, err);
    if (fd < 0 && err->kind == ERROR_REFUSED)
        return -1;
    if (fd < 0 || file_read(fd, path, INI_MOST, &settings->ini_text, err) < 0)
        return error_advise(err, "give --%s a file that can be read", options[OPTION_CONFIG].name);
    struct ini *ini = &settings->ini;
    if (ini_read(settings->ini_text.bytes, settings->ini_text.length, ini, err) < 0)
        return error_within(err, "%s", path);
    for (size_t i = 0; i < ini->option_count; i++)
        if (read_ini_option(settings, &ini->options[i], (unsigned)i, err) < 0)
            return -1;
    return root_becomes_user(settings) && !is_roots ? ini_file_refuse(path, err) : 0;
}

static int read_values(struct settings *settings, struct error *err)
{
    for (size_t id = 0; id < OPTION_COUNT; id++)
        if (!option_is_repeatable(id) && value_read(settings, id, settings->all[id].text, err) < 0)
            return value_fails(settings, id, err);
    return 0;
}

/* An option on the command line that has no effect is an error. A variable or a line of fernit.ini may be for another
 * command. */
static int check_init(const struct settings *settings, struct error *err)
{
    for (size_t id = 0; id < OPTION_COUNT && !settings->init; id++)
        if (options[id].topic == TOPIC_SUPERVISE && settings->all[id].origin == ORIGIN_FLAG &&
            id != OPTION_INIT) {
            error_usage(err, "--%s has no effect without --init", options[id].name);
            return error_hint(err, "add --init");
        }
    return 0;
}

static bool is_stronger(const struct setting *a, const struct setting *b)
{
    return a->origin != b->origin ? a->origin > b->origin : a->order > b->order;
}

/* Of --quiet and --verbose the one from the stronger origin is used; from the same origin, the later one. */
static enum log_level wanted_level(const struct settings *settings)
{
    bool is_quiet = settings->quiet;
    if (settings->quiet && settings->verbose)
        is_quiet = is_stronger(&settings->all[OPTION_QUIET], &settings->all[OPTION_VERBOSE]);
    return is_quiet ? LOG_QUIET : settings->verbose ? LOG_VERBOSE : LOG_NORMAL;
}

void settings_log_early(char *const *environment)
{
    char name[VARIABLE_NAME];
    variable_name(options[OPTION_LOG_FORMAT].name, name);
    const char *text = environment_get(environment, name);
    if (text)
        set_log_format(text);
}

int settings_read(struct settings *settings, unsigned command, char **arguments,
                  char *const *environment, struct error *err)
{
    static const char *no_paths[] = {NULL};
    *settings = (struct settings){.secret_files = {.list = no_paths}};
    for (size_t id = 0; id < OPTION_COUNT; id++)
        settings->all[id].text = options[id].fallback;
    signal_rewrite_none(settings->supervision.rewrite);
    if (read_command_line(settings, command, arguments, err) < 0)
        return -1;
    if (settings->help)
        return 0;
    if (read_environment(settings, environment, err) < 0 || read_ini(settings, err) < 0 ||
        read_values(settings, err) < 0 || check_init(settings, err) < 0)
        return -1;
    settings->store_named = settings->all[OPTION_STORE].origin != ORIGIN_DEFAULT;
    settings->deliver_environment = settings->deliver & DELIVER_ENVIRONMENT;
    settings->deliver_cfg = settings->deliver & DELIVER_CFG;
    suggest_options(settings, settings->options);
    log_set_level(wanted_level(settings));
    log_set_format(settings->log_format);
    return 0;
}

void settings_free(struct settings *settings)
{
    if (settings->secret_files.count > 0)
        free(settings->secret_files.list);
    secret_free(&settings->secret_files.copies);
    ini_free_document(&settings->ini);
    secret_free(&settings->ini_text);
    *settings = (struct settings){0};
}
