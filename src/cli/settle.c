#include "cli/settle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/shown.h"
#include "cli/suggest.h"
#include "cli/values.h"
#include "process/signal_name.h"

enum { WORD_MOST = 31 };

/* The words of these kinds stand in the order of their values (option_words). */
_Static_assert(ON_CHANGE_KEEP == 0 && ON_CHANGE_STAGE == 1 && ON_CHANGE_REFUSE == 2 &&
                   ON_CHANGE_REPLACE == 3,
               "KIND_CHANGE");
_Static_assert(SCOPE_AUTO == 0 && SCOPE_CHILD == 1 && SCOPE_GROUP == 2, "KIND_SCOPE");
_Static_assert(LOG_TEXT == 0 && LOG_JSON == 1, "KIND_FORMAT");

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

int settle_value(struct settings *settings, size_t id, struct span value, struct error *err)
{
    if (id == OPTION_SECRET_FILE)
        return add_secret_file(settings, value, err);
    if (span_is(value, "none"))
        return 0;

    char text[WORD_MOST + 1];
    char name[128];
    span_name(value, text, sizeof text);
    settings_origin(settings, id, name);
    int read = id == OPTION_WAIT_FOR ? wait_target_add(&settings->wait_targets, value, err)
               : id == OPTION_REWRITE
                   ? signal_rewrite_parse(text, settings->supervision.rewrite, err)
                   : value_status(text, settings->supervision.good_statuses, err);
    return read < 0 ? error_within(err, "%s", name) : 0;
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
        if (settle_value(settings, id, value, err) < 0)
            return -1;
    }
    return 0;
}

static int64_t *duration_of(struct settings *settings, size_t id)
{
    switch (id) {
    case OPTION_WAIT_TIMEOUT:
        return &settings->wait_timeout;
    case OPTION_CMD_TIMEOUT:
        return &settings->cmd_timeout;
    case OPTION_LOCK_TIMEOUT:
        return &settings->lock_timeout;
    case OPTION_GRACE:
        return &settings->supervision.grace;
    default:
        return &settings->supervision.term_delay;
    }
}

/* What takes one of the words of its kind. */
static int parse_word(struct settings *settings, size_t id, const char *text, struct error *err)
{
    int place = value_word(options[id].kind, text, err);
    if (place < 0)
        return -1;
    if (id == OPTION_ON_CHANGE)
        settings->on_change = (enum on_change)place;
    else if (id == OPTION_SIGNAL_SCOPE)
        settings->supervision.scope = (enum scope)place;
    else
        settings->log_format = (enum log_format)place;
    return 0;
}

static int parse_one(struct settings *settings, size_t id, const char *text, struct error *err)
{
    bool flag = false;
    switch (options[id].kind) {
    case KIND_LATER:
        return value_later(text, options[id].fallback, err);
    case KIND_FLAG:
        return value_flag(text, &flag) < 0
                   ? error_usage(err, "\"%s\" is neither yes nor no", shown_value(text))
                   : 0;
    case KIND_DURATION:
        return duration_parse(text, duration_of(settings, id), err);
    case KIND_MODE:
        return value_mode(text, &settings->store_mode, err);
    case KIND_DELIVER:
        return value_deliver(text, &settings->deliver_environment, &settings->deliver_cfg, err);
    case KIND_MANAGE:
        return value_manage(text, &settings->manage, err);
    case KIND_CHANGE:
    case KIND_SCOPE:
    case KIND_FORMAT:
        return parse_word(settings, id, text, err);
    case KIND_SIGNAL:
        return value_signal(text, &settings->parent_death_signal, err);
    case KIND_TEXT:
        if (!*text)
            return error_usage(err, "is empty");
        if (id == OPTION_AIRFLOW_VERSION)
            return value_version(text, &settings->airflow, err);
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
    for (size_t id = 0; id < OPTION_COUNT && !settings->init; id++)
        if (options[id].topic == TOPIC_SUPERVISE && id != OPTION_INIT &&
            settings->all[id].origin == ORIGIN_FLAG)
            return error_usage(err, "--%s is about a command that fernit supervises; add --init",
                               options[id].name);
    return 0;
}

void settle_log_format(const char *text)
{
    int format = option_word(KIND_FORMAT, text, strlen(text));
    if (format >= 0)
        log_set_format((enum log_format)format);
}

const char *settle_user(const struct settings *settings)
{
    const char *user = settings->all[OPTION_USER].text;
    return strcmp(user, options[OPTION_USER].fallback) == 0 ? NULL : user;
}

int settle(struct settings *settings, struct error *err)
{
    for (size_t id = 0; id < OPTION_COUNT; id++)
        if (parse(settings, id, err) < 0)
            return -1;
    settings->store = settings->all[OPTION_STORE].text;
    settings->store_named = settings->all[OPTION_STORE].origin != ORIGIN_DEFAULT;
    suggest_options(settings, settings->options);
    settings->allow_ephemeral = is_on(settings, OPTION_ALLOW_EPHEMERAL);
    settings->strict = is_on(settings, OPTION_STRICT);
    settings->single_writer = is_on(settings, OPTION_SINGLE_WRITER);
    settings->yes = is_on(settings, OPTION_YES);
    settings->json = is_on(settings, OPTION_JSON);
    settings->run_commands = is_on(settings, OPTION_RUN_COMMANDS);
    settings->user = settle_user(settings);
    settings->no_new_privileges = is_on(settings, OPTION_NO_NEW_PRIVS);
    settings->init = is_on(settings, OPTION_INIT);
    settings->supervision.own_session = is_on(settings, OPTION_SETSID);
    settings->supervision.subreaper = !is_on(settings, OPTION_NO_SUBREAPER);
    if (check_init(settings, err) < 0 || add_secret_file(settings, (struct span){0}, err) < 0)
        return -1;
    log_set_level(level(settings));
    log_set_format(settings->log_format);
    return 0;
}
