#include "entry/settings.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/file.h"
#include "entry/variables.h"

enum { INI_MOST = 64 * 1024, ORDER_MOST = 1000 };

static int parse_flag(const char *text, bool *value)
{
    static const char *const words[][2] = {
        {"0", "1"}, {"false", "true"}, {"no", "yes"}, {"off", "on"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (int b = 0; b < 2; b++)
            if (strcasecmp(text, words[i][b]) == 0) {
                *value = b;
                return 0;
            }
    return -1;
}

/* How a person finds the option again: "--store", "FERNIT_STORE", "/etc/fernit.ini: store". */
static void describe(const struct settings *settings, size_t id, char name[128])
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

static int add_secret_file(struct settings *settings, const char *path, struct error *err)
{
    const char **files =
        reallocarray(settings->secret_files, settings->secret_file_count + 2, sizeof *files);
    if (!files)
        return error_sys(err, "cannot hold the settings");
    settings->secret_files = files;
    if (path)
        files[settings->secret_file_count++] = path;
    files[settings->secret_file_count] = NULL;
    return 0;
}

/* Takes a value unless a stronger one is there. */
static int take(struct settings *settings, size_t id, const char *text, enum origin origin,
                unsigned order, struct error *err)
{
    struct setting *setting = &settings->all[id];
    if (setting->origin > origin)
        return 0;
    *setting = (struct setting){text, origin, order};
    if (options[id].kind != KIND_LIST || origin != ORIGIN_FLAG)
        return 0;
    return add_secret_file(settings, text, err);
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
        /* No option is that long, but a key is. */
        char cut[32] = "...";
        if (length < sizeof cut)
            snprintf(cut, sizeof cut, "%.*s", (int)length, name);
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

static int read_command_line(struct settings *settings, unsigned command, char **arguments,
                             struct error *err)
{
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
        } else {
            break;
        }
    }
    settings->words = arguments;
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

static int read_ini(struct settings *settings, struct error *err)
{
    const struct setting *config = &settings->all[OPTION_CONFIG];
    const char *path = config->text;
    struct stat status;
    _cleanup_close_ int fd = file_open(AT_FDCWD, path, 0, path, &status, err);
    if (fd < 0 && err->errnum == ENOENT && config->origin == ORIGIN_DEFAULT)
        return 0;
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
    return 0;
}

/* A comma list of the environment or of fernit.ini. */
static int split_list(struct settings *settings, const char *text, struct error *err)
{
    if (secret_append(&settings->lists, text, strlen(text) + 1, err) < 0)
        return -1;
    char *save;
    for (char *path = strtok_r(settings->lists.bytes, ",\n", &save); path;
         path = strtok_r(NULL, ",\n", &save)) {
        struct span trimmed = line_trim(path, path + strlen(path));
        settings->lists.bytes[trimmed.start + trimmed.length - settings->lists.bytes] = '\0';
        if (trimmed.length > 0 && add_secret_file(settings, trimmed.start, err) < 0)
            return -1;
    }
    return 0;
}

static int check_later(const struct option *option, const char *text, const char *name,
                       struct error *err)
{
    bool flag = true;
    int64_t given = -1;
    int64_t fallback = -2;
    struct error ignored;
    duration_parse(text, &given, &ignored);
    duration_parse(option->fallback, &fallback, &ignored);
    bool only_key = strcmp(option->name, "manage") == 0 && strcmp(text, "fernet_key") == 0;
    if (only_key || strcmp(text, option->fallback) == 0 || given == fallback ||
        (parse_flag(text, &flag) == 0 && !flag))
        return 0;
    return error_usage(err, "%s: this version of fernit has not got that part; leave it out", name);
}

static int parse_deliver(struct settings *settings, const char *text, const char *name,
                         struct error *err)
{
    settings->deliver_environment = strcmp(text, "env") == 0;
    settings->deliver_cfg = strcmp(text, "cfg") == 0;
    if (strcmp(text, "env,cfg") == 0 || strcmp(text, "cfg,env") == 0)
        settings->deliver_environment = settings->deliver_cfg = true;
    if (!settings->deliver_environment && !settings->deliver_cfg)
        return error_usage(err, "%s: \"%s\" is none of env, cfg and env,cfg", name, text);
    return 0;
}

static int parse_mode(const char *text, mode_t *mode, const char *name, struct error *err)
{
    static const mode_t modes[] = {0600, 0640, 0660};
    char *end;
    unsigned long value = strtoul(text, &end, 8);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (isdigit((unsigned char)*text) && *end == '\0' && value == modes[i]) {
            *mode = modes[i];
            return 0;
        }
    return error_usage(err, "%s: \"%s\" is none of 0600, 0640 and 0660", name, text);
}

static int check_store(const char *text, const char *name, struct error *err)
{
    static const char *const schemes[] = {"vault:", "aws-sm:", "k8s:", "azure-kv:", "gcp-sm:"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
            return error_usage(
                err, "%s: this version of fernit has no remote stores; give a folder", name);
    return 0;
}

static int parse_one(struct settings *settings, size_t id, struct error *err)
{
    const char *text = settings->all[id].text;
    bool flag = false;
    int64_t *duration = id == OPTION_CMD_TIMEOUT ? &settings->cmd_timeout : &settings->lock_timeout;
    char name[128];
    describe(settings, id, name);
    if (!text)
        return 0;
    switch (options[id].kind) {
    case KIND_FLAG:
        if (parse_flag(text, &flag) < 0)
            return error_usage(err, "%s: \"%s\" is neither yes nor no", name, text);
        break;
    case KIND_DURATION:
        return duration_parse(text, duration, err) < 0 ? error_within(err, "%s", name) : 0;
    case KIND_MODE:
        return parse_mode(text, &settings->store_mode, name, err);
    case KIND_DELIVER:
        return parse_deliver(settings, text, name, err);
    case KIND_LIST:
        return settings->all[id].origin == ORIGIN_FLAG ? 0 : split_list(settings, text, err);
    case KIND_LATER:
        return check_later(&options[id], text, name, err);
    case KIND_TEXT:
        if (!*text)
            return error_usage(err, "%s: is empty", name);
        if (id == OPTION_STORE)
            return check_store(text, name, err);
        break;
    }
    return 0;
}

static bool is_on(const struct settings *settings, size_t id)
{
    bool flag = false;
    parse_flag(settings->all[id].text, &flag);
    return flag;
}

/* Of --quiet and --verbose the stronger source wins, within one the later. */
static enum log_level level(const struct settings *settings)
{
    const struct setting *quiet = &settings->all[OPTION_QUIET];
    const struct setting *verbose = &settings->all[OPTION_VERBOSE];
    bool is_quiet = is_on(settings, OPTION_QUIET);
    bool is_verbose = is_on(settings, OPTION_VERBOSE);
    if (is_quiet && is_verbose) {
        is_quiet = quiet->origin != verbose->origin ? quiet->origin > verbose->origin
                                                    : quiet->order > verbose->order;
        is_verbose = !is_quiet;
    }
    return is_quiet ? LOG_QUIET : is_verbose ? LOG_VERBOSE : LOG_NORMAL;
}

static int parse_all(struct settings *settings, struct error *err)
{
    for (size_t id = 0; id < OPTION_COUNT; id++)
        if (parse_one(settings, id, err) < 0)
            return -1;
    settings->store = settings->all[OPTION_STORE].text;
    settings->store_named = settings->all[OPTION_STORE].origin != ORIGIN_DEFAULT;
    settings->allow_ephemeral = is_on(settings, OPTION_ALLOW_EPHEMERAL);
    settings->json = is_on(settings, OPTION_JSON);
    settings->run_commands = is_on(settings, OPTION_RUN_COMMANDS);
    return add_secret_file(settings, NULL, err);
}

int settings_read(struct settings *settings, unsigned command, char **arguments,
                  char *const *environment, struct error *err)
{
    *settings = (struct settings){0};
    for (size_t id = 0; id < OPTION_COUNT; id++)
        settings->all[id].text = options[id].fallback;
    if (read_command_line(settings, command, arguments, err) < 0)
        return -1;
    if (settings->help)
        return 0;
    if (read_environment(settings, environment, err) < 0 || read_ini(settings, err) < 0 ||
        parse_all(settings, err) < 0)
        return -1;
    log_set_level(level(settings));

    for (char *const *variable = environment; *variable; variable++) {
        char option[VARIABLE_NAME];
        char guess[VARIABLE_NAME];
        if (!variable_is_unknown(*variable))
            continue;
        variable_option(*variable, option);
        variable_name(nearest_option(option), guess);
        log_warning("%.*s is no setting of fernit; did you mean %s?", (int)strcspn(*variable, "="),
                    *variable, guess);
    }
    return 0;
}

void settings_free(struct settings *settings)
{
    free(settings->secret_files);
    secret_free(&settings->lists);
    ini_free_document(&settings->ini);
    secret_free(&settings->ini_text);
    *settings = (struct settings){0};
}
