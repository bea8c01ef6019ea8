#include "entry/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/duration.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "entry/ini_file.h"
#include "entry/values.h"
#include "entry/variables.h"
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

/* A path without a start is none, and makes the list, which may be empty. */
static int add_secret_file(struct settings *settings, struct span path, struct error *err)
{
    const char **files =
        reallocarray(settings->secret_files, settings->secret_file_count + 2, sizeof *files);
    if (!files)
        return error_sys(err, "cannot hold the settings");
    settings->secret_files = files;
    if (path.start)
        files[settings->secret_file_count++] = path.start;
    files[settings->secret_file_count] = NULL;
    return 0;
}

/* One value of a repeatable option. */
static int add_value(struct settings *settings, size_t id, struct span value, struct error *err)
{
    if (id == OPTION_SECRET_FILE)
        return add_secret_file(settings, value, err);
    if (span_is(value, "none"))
        return 0;

    char text[64];
    char name[128];
    span_name(value, text, sizeof text);
    settings_origin(settings, id, name);
    int read = id == OPTION_WAIT_FOR ? wait_target_add(&settings->wait_targets, value, err)
               : id == OPTION_REWRITE
                   ? signal_rewrite_parse(text, settings->supervision.rewrite, err)
                   : value_status(text, settings->supervision.good_statuses, err);
    return read < 0 ? error_within(err, "%s", name) : 0;
}

/* At once, so that what is wrong with the settings is told in it, too. */
static void log_as(const char *text)
{
    enum log_format format;
    struct error ignored;
    if (value_format(text, &format, &ignored) == 0)
        log_set_format(format);
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
        log_as(text);
    if (options[id].kind != KIND_LIST || origin != ORIGIN_FLAG)
        return 0;
    return add_value(settings, id, (struct span){text, strlen(text)}, err);
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
        char cut[32];
        span_name((struct span){name, length}, cut, sizeof cut);
        return error_usage(err, "--%s is no option; did you mean --%s?", cut, nearest_option(cut));
    }
    if (!(options[id].commands & command))
        return error_usage(err, "--%s is not for this command", options[id].name);

    const struct option *option = &options[id];
    bool is_flag = option->kind == KIND_FLAG ||
                   (option->kind == KIND_LATER && strcmp(option->fallback, "no") == 0);
    const char *value = equals ? equals + 1 : is_flag ? "yes" : *(*arguments)++;
    if (!value || !*value)
        return error_usage(err, "--%s needs a value: --%s %s", option->name, option->name,
                           option->metavar ? option->metavar : "yes");
    return take(settings, id, value, ORIGIN_FLAG, order, err);
}

/* Of the commands that change the store the words may stand among the options: key destroy FP --yes. They are
 * brought to the beginning. */
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
            return error_usage(err, "%s is no option; options have long names, such as --%s", word,
                               nearest_option(word + 1));
        } else if (command == FOR_CHANGE) {
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

static const char *user_of(const struct settings *settings)
{
    const char *user = settings->all[OPTION_USER].text;
    return strcmp(user, options[OPTION_USER].fallback) == 0 ? NULL : user;
}

/* Whether root will become a user, as far as the settings are read. */
static bool root_goes(const struct settings *settings)
{
    return user_of(settings) && geteuid() == 0;
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
        snprintf(name, sizeof name, "%.*s", (int)option->name.length, option->name.start);
        if (!span_is(option->section, "fernit"))
            return error_usage(err, "%s: line %zu: is in [%.*s]; settings stand under [fernit]",
                               path, option->line, (int)option->section.length,
                               option->section.start);
        if (id == OPTION_COUNT || id == OPTION_CONFIG)
            return error_usage(err, "%s: line %zu: %s is no setting; did you mean %s?", path,
                               option->line, name, nearest_option(name));
        if (take(settings, id, ini_value(ini, option), ORIGIN_INI, (unsigned)i, err) < 0)
            return -1;
    }
    return root_goes(settings) && !is_roots ? ini_file_refuse(path, err) : 0;
}

/* A comma list of the environment or of fernit.ini. Only paths are kept, as strings of their own. */
static int split_list(struct settings *settings, size_t id, const char *text, struct error *err)
{
    if (id == OPTION_SECRET_FILE && secret_reserve(&settings->paths, strlen(text) + 1, err) < 0)
        return -1;
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, ",\n");
        struct span value = line_trim(at, at + length);
        at += length + (at[length] != '\0');
        if (value.length == 0)
            continue;
        if (id == OPTION_SECRET_FILE) {
            const char *start = settings->paths.bytes + settings->paths.length;
            if (secret_append(&settings->paths, value.start, value.length, err) < 0 ||
                secret_append(&settings->paths, "", 1, err) < 0)
                return -1;
            value.start = start;
        }
        if (add_value(settings, id, value, err) < 0)
            return -1;
    }
    return 0;
}

static int64_t *duration_of(struct settings *settings, size_t id)
{
    return id == OPTION_CMD_TIMEOUT    ? &settings->cmd_timeout
           : id == OPTION_LOCK_TIMEOUT ? &settings->lock_timeout
           : id == OPTION_WAIT_TIMEOUT ? &settings->wait_timeout
           : id == OPTION_GRACE        ? &settings->supervision.grace
                                       : &settings->supervision.term_delay;
}

static int parse_one(struct settings *settings, size_t id, const char *text, struct error *err)
{
    bool flag = false;
    switch (options[id].kind) {
    case KIND_LATER:
        return value_later(text, options[id].fallback, err);
    case KIND_FLAG:
        return value_flag(text, &flag) < 0 ? error_usage(err, "\"%s\" is neither yes nor no", text)
                                           : 0;
    case KIND_DURATION:
        return duration_parse(text, duration_of(settings, id), err);
    case KIND_MODE:
        return value_mode(text, &settings->store_mode, err);
    case KIND_DELIVER:
        return value_deliver(text, &settings->deliver_environment, &settings->deliver_cfg, err);
    case KIND_CHANGE:
        return value_change(text, &settings->on_change, err);
    case KIND_MANAGE:
        return value_manage(text, &settings->manage, err);
    case KIND_SCOPE:
        return value_scope(text, &settings->supervision.scope, err);
    case KIND_FORMAT:
        return value_format(text, &settings->log_format, err);
    case KIND_SIGNAL:
        return value_signal(text, &settings->parent_death_signal, err);
    case KIND_TEXT:
        if (!*text)
            return error_usage(err, "is empty");
        return id == OPTION_STORE ? value_store(text, err) : 0;
    default:
        return 0;
    }
}

static int parse(struct settings *settings, size_t id, struct error *err)
{
    const struct setting *setting = &settings->all[id];
    const char *text = setting->text;
    char name[128];
    if (!text)
        return 0;
    if (options[id].kind == KIND_LIST)
        return setting->origin == ORIGIN_FLAG ? 0 : split_list(settings, id, text, err);
    if (parse_one(settings, id, text, err) == 0)
        return 0;
    settings_origin(settings, id, name);
    return error_within(err, "%s", name);
}

static bool is_on(const struct settings *settings, size_t id)
{
    bool flag = false;
    value_flag(settings->all[id].text, &flag);
    return flag;
}

static bool is_stronger(const struct setting *a, const struct setting *b)
{
    return a->origin != b->origin ? a->origin > b->origin : a->order > b->order;
}

/* Of --quiet and --verbose the stronger source wins, within one the later. */
static enum log_level level(const struct settings *settings)
{
    bool quiet = is_on(settings, OPTION_QUIET);
    bool verbose = is_on(settings, OPTION_VERBOSE);
    if (quiet && verbose)
        quiet = is_stronger(&settings->all[OPTION_QUIET], &settings->all[OPTION_VERBOSE]);
    return quiet ? LOG_QUIET : verbose ? LOG_VERBOSE : LOG_NORMAL;
}

/* A word on the command line that would do nothing is a mistake; in the environment or fernit.ini it
 * may be meant for another command. */
static int check_init(const struct settings *settings, struct error *err)
{
    for (size_t id = OPTION_SIGNAL_SCOPE; id < OPTION_LATER && !settings->init; id++)
        if (settings->all[id].origin == ORIGIN_FLAG)
            return error_usage(err, "--%s is about a command that fernit supervises; add --init",
                               options[id].name);
    return 0;
}

static int parse_all(struct settings *settings, struct error *err)
{
    for (size_t id = 0; id < OPTION_COUNT; id++)
        if (parse(settings, id, err) < 0)
            return -1;
    settings->store = settings->all[OPTION_STORE].text;
    settings->store_named = settings->all[OPTION_STORE].origin != ORIGIN_DEFAULT;
    settings->allow_ephemeral = is_on(settings, OPTION_ALLOW_EPHEMERAL);
    settings->strict = is_on(settings, OPTION_STRICT);
    settings->single_writer = is_on(settings, OPTION_SINGLE_WRITER);
    settings->yes = is_on(settings, OPTION_YES);
    settings->json = is_on(settings, OPTION_JSON);
    settings->run_commands = is_on(settings, OPTION_RUN_COMMANDS);
    settings->user = user_of(settings);
    settings->no_new_privileges = is_on(settings, OPTION_NO_NEW_PRIVS);
    settings->init = is_on(settings, OPTION_INIT);
    settings->supervision.own_session = is_on(settings, OPTION_SETSID);
    settings->supervision.subreaper = !is_on(settings, OPTION_NO_SUBREAPER);
    if (check_init(settings, err) < 0)
        return -1;
    return add_secret_file(settings, (struct span){0}, err);
}

void settings_log_early(char *const *environment)
{
    const char *text = environment_get(environment, "FERNIT_LOG_FORMAT");
    if (text)
        log_as(text);
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
        parse_all(settings, err) < 0)
        return -1;
    log_set_level(level(settings));
    log_set_format(settings->log_format);
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
