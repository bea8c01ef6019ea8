#include "run/wait.h"

#include <stdio.h>
#include <string.h>

#include "airflow/url.h"
#include "base/error.h"
#include "base/log.h"
#include "process/wait_for.h"
#include "run/database_defaults.h"

static const struct kind {
    const char *name;
    struct option_name places[3]; /* the newest name first, as Airflow reads them */
} kinds[] = {
    [WAIT_DATABASE] = {"the database at ",
                       {{"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "database", "sql_alchemy_conn"},
                        {"AIRFLOW__CORE__SQL_ALCHEMY_CONN", "core", "sql_alchemy_conn"}}},
    [WAIT_BROKER] = {"the broker at ", {{"AIRFLOW__CELERY__BROKER_URL", "celery", "broker_url"}}},
    [WAIT_ENDPOINT] = {.name = ""},
};

static const char not_needed[] = "no broker and no Celery executor are configured";
static const char default_broker[] = "redis://redis:6379/0";

bool wait_needs_options(const struct settings *settings)
{
    for (size_t i = 0; i < settings->wait_targets.count; i++)
        if (settings->wait_targets.list[i].kind != WAIT_ENDPOINT)
            return true;
    return false;
}

/* `init` ignores broken ..._FILE variables, but not those that --wait-for needs. */
static int check_file(const struct option_name *names, const struct option_files *files,
                      struct error *err)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct option_file *file = &files->list[i];
        if (file->error && strcmp(file->option.name, names->variable) == 0) {
            *err = *file->error;
            return -1;
        }
    }
    return 0;
}

static int read_url(const char *url, enum url_reader reader, char *const *environment,
                    struct wait_address *address, struct error *err)
{
    _cleanup_database_defaults_ struct database_defaults defaults = {.service = {0}};
    if (database_defaults_find(url, environment, &defaults, err) < 0 ||
        url_endpoints(url, reader, &defaults.values, &address->endpoints, err) < 0)
        return error_within(err, "%s", address->source);
    return 0;
}

/* Whether an executor is Celery's: CeleryExecutor or CeleryKubernetesExecutor, with or without its module. Returns -1
 * with *err where that is not known. */
static int has_celery(const struct option_search *search, struct error *err)
{
    static const struct option_name places[] = {
        {"AIRFLOW__CORE__EXECUTOR", "core", "executor"},
        {.variable = NULL},
    };
    char source[OPTION_VALUE_SOURCE];
    _cleanup_secret_ struct secret executor = {0};
    const struct option_search plain = {
        .names = places, .environment = search->environment, .is_plain = true};
    enum option_value_found found = option_value(&plain, &executor, source, err);
    if (found == OPTION_VALUE_FAILED)
        return -1;
    return found == OPTION_VALUE_FOUND && strstr(executor.bytes, "Celery");
}

static int find_default_broker(const struct option_search *search, struct wait_address *address,
                               struct error *err)
{
    int celery = has_celery(search, err);
    address->needed = celery > 0;
    snprintf(address->source, sizeof address->source, "Airflow's default");
    return celery > 0 ? read_url(default_broker, URL_KOMBU, search->environment, address, err)
                      : celery;
}

static int find_by_url(const struct option_search *search, struct wait_address *address,
                       struct error *err)
{
    _cleanup_secret_ struct secret url = {0};
    bool is_broker = address->target->kind == WAIT_BROKER;
    switch (option_value(search, &url, address->source, err)) {
    case OPTION_VALUE_FAILED:
        return -1;
    case OPTION_VALUE_COMMAND:
        address->known = false;
        return 0;
    case OPTION_VALUE_NONE:
        if (is_broker)
            return find_default_broker(search, address, err);
        return error_input(err, "is not configured in %s or in airflow.cfg",
                           search->names->variable);
    case OPTION_VALUE_FOUND:
        break;
    }
    if (memchr(url.bytes, '\0', url.length))
        return error_input(err, "%s: holds a NUL", address->source);
    bool is_from_cfg = strncmp(address->source, "AIRFLOW__", 9) != 0;
    if (is_broker && is_from_cfg && strcmp(url.bytes, default_broker) == 0)
        return find_default_broker(search, address, err);
    return read_url(url.bytes, is_broker ? URL_KOMBU : URL_SQLALCHEMY, search->environment, address,
                    err);
}

int wait_find(const struct context *context, const struct option_files *files,
              char *const *environment, bool run_commands, struct wait_address *address,
              struct error *err)
{
    const struct wait_target *target = address->target;
    const struct kind *kind = &kinds[target->kind];
    address->known = address->needed = true;
    *address->source = '\0';
    address->endpoints.count = target->kind == WAIT_ENDPOINT;
    address->endpoints.list[0] = target->endpoint;
    if (target->kind == WAIT_ENDPOINT)
        return 0;

    const struct option_search search = {
        .names = kind->places,
        .environment = environment,
        .command_timeout = context->settings->cmd_timeout,
        .signals = context->signals,
        .run_commands = run_commands,
    };
    int found = 0;
    for (const struct option_name *name = kind->places; name->variable && found == 0; name++)
        found = check_file(name, files, err);
    if (found == 0 && find_by_url(&search, address, err) == 0)
        return 0;
    if (err->kind == ERROR_ENDING)
        return -1;
    error_within(err, "--wait-for %s", wait_words[target->kind]);
    return error_advise(err, "%ssay where to wait: --wait-for tcp://HOST:PORT",
                        *err->hints ? "or " : "");
}

void wait_text(const struct wait_address *address, char *text, size_t size)
{
    char where[200];
    const struct kind *kind = &kinds[address->target->kind];
    endpoints_text(&address->endpoints, where, sizeof where);
    if (!address->known)
        snprintf(text, size,
                 "%san address that only a command knows, %.160s (--run-commands runs it)",
                 kind->name, address->source);
    else if (!address->needed)
        snprintf(text, size, "nothing: %s", not_needed);
    else if (address->endpoints.count == 0)
        snprintf(text, size, "nothing: %.160s leads to no host", address->source);
    else
        snprintf(text, size, "%s%s%s%.160s", kind->name, where, *address->source ? ", from " : "",
                 address->source);
}

static int wait_at(const struct context *context, const struct wait_address *address,
                   const struct deadline *deadline, struct error *err)
{
    const struct settings *settings = context->settings;
    const struct wait wait = {
        .what = kinds[address->target->kind].name,
        .endpoints = &address->endpoints,
        .deadline = *deadline,
        .most = settings->all[OPTION_WAIT_TIMEOUT].text,
        .once = settings->wait_timeout == 0,
    };
    if (address->endpoints.count > 0)
        return wait_for(&wait, err);
    if (address->needed)
        log_detail("%s leads to no host: there is nothing to wait for", address->source);
    else
        log_notice(NULL, "--wait-for broker does not wait: %s", not_needed);
    return 0;
}

int wait_for_targets(const struct context *context, const struct option_files *files,
                     char *const *environment, struct error *err)
{
    const struct wait_targets *targets = &context->settings->wait_targets;
    struct wait_address addresses[WAIT_TARGETS_MOST];
    for (size_t i = 0; i < targets->count; i++) {
        addresses[i].target = &targets->list[i];
        if (wait_find(context, files, environment, true, &addresses[i], err) < 0)
            return -1;
    }
    struct deadline deadline = deadline_in(context->settings->wait_timeout, context->signals);
    for (size_t i = 0; i < targets->count; i++)
        if (wait_at(context, &addresses[i], &deadline, err) < 0)
            return -1;
    return 0;
}
