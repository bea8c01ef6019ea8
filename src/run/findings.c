#include "run/findings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "airflow/paths.h"
#include "airflow/version.h"
#include "base/environment.h"
#include "base/error.h"
#include "resolve/key_command.h"
#include "store/names.h"

/* fernet_key has the same name in every version, so the installed package need not be asked for it alone. */
static void find_version(const struct context *context, unsigned secrets, struct findings *findings)
{
    const char *variable = environment_get(context->environment, "AIRFLOW_VERSION");
    findings->airflow = context->settings->airflow;
    findings->airflow_from = "--airflow-version";
    if (findings->airflow == AIRFLOW_UNKNOWN && variable) {
        findings->airflow = airflow_version_parse(variable);
        findings->airflow_from = "AIRFLOW_VERSION";
    }
    if (findings->airflow == AIRFLOW_UNKNOWN && secrets > 1U) {
        findings->airflow = airflow_version_installed(context->environment);
        findings->airflow_from = "the installed package";
    }
}

static bool lacks_any(const struct findings *findings, unsigned secrets)
{
    for (size_t i = 0; i < MANAGED_COUNT; i++) {
        const struct managed_option *option = managed_secrets[i].options;
        for (; (secrets & 1U << i) && option->variable; option++)
            if (managed_use(option, findings->airflow) == MANAGED_DELIVERED &&
                !ini_find(&findings->cfg.cfg.ini, option->section, option->option))
                return true;
    }
    return false;
}

/* Reads all options of all secrets. Where each one that Airflow reads has a plain value, and none a ..._cmd, the rest
 * of the file is not read. */
static void read_cfg(const struct context *context, unsigned secrets, bool whole,
                     struct findings *findings)
{
    struct shared_cfg *cfg = &findings->cfg;
    struct ini_wanted wanted[MANAGED_COUNT * MANAGED_OPTIONS];
    size_t count = 0;
    for (size_t i = 0; i < MANAGED_COUNT; i++) {
        const struct managed_option *option = managed_secrets[i].options;
        for (; (secrets & 1U << i) && option->variable; option++)
            wanted[count++] = (struct ini_wanted){option->section, option->option};
    }
    cfg->unknown = airflow_cfg_path(context->environment, &findings->cfg_path, &cfg->error) < 0;
    cfg->path = cfg->unknown ? "airflow.cfg" : findings->cfg_path.bytes;
    if (cfg->unknown)
        return;
    cfg->readable =
        cfg_read_options(cfg->path, wanted, whole ? 0 : count, &cfg->cfg, &cfg->error) == 0;
    if (findings->airflow == AIRFLOW_UNKNOWN) {
        findings->airflow = airflow_version_by_names(&cfg->cfg.ini);
        findings->airflow_from = cfg->path;
    }
    /* fernit will edit the file: find out whether it can before a key is stored. */
    if (cfg->cfg.exists && !cfg->cfg.is_whole && lacks_any(findings, secrets)) {
        cfg_free(&cfg->cfg);
        cfg->readable = cfg_read(cfg->path, &cfg->cfg, &cfg->error) == 0;
    }
}

/* All secrets at once, with one listing of the directory. */
static void read_store(struct findings *findings)
{
    struct store_wanted wanted[MANAGED_COUNT];
    for (size_t i = 0; i < findings->count; i++)
        wanted[i] = (struct store_wanted){findings->items[i].secret->name,
                                          findings->items[i].secret->is_value};
    if (findings->store_error.kind == ERROR_NONE)
        store_read_all(&findings->store, wanted, findings->count, findings->stored,
                       findings->stored_errors);
}

static struct survey_input survey_input_for(const struct context *context,
                                            const struct findings *findings,
                                            const struct item *item, bool stored,
                                            enum run_commands commands)
{
    const struct settings *settings = context->settings;
    return (struct survey_input){
        .secret = item->secret,
        .airflow = findings->airflow,
        .environment = context->environment,
        .secret_files = settings->secret_files.list,
        .early = context->early,
        .no_mounts = findings->no_mounts,
        .store = &findings->store,
        .store_error = findings->store_error.kind == ERROR_NONE ? NULL : &findings->store_error,
        .stored = stored ? &findings->stored[item - findings->items] : NULL,
        .stored_error = stored ? &findings->stored_errors[item - findings->items] : NULL,
        .cfg = &findings->cfg,
        .commands = commands,
        .in_command = environment_get(context->environment, KEY_COMMAND_MARK) != NULL,
        .command_timeout = settings->cmd_timeout,
        .signals = context->signals,
        .options = settings->options,
    };
}

/* Reads the store again, and drops the decision. */
static int survey_again(const struct context *context, const struct findings *findings,
                        struct item *item, struct error *err)
{
    const struct survey_input input =
        survey_input_for(context, findings, item, false, RUN_COMMANDS_NEVER);
    decision_free(&item->decision);
    return context->pretends ? 0 : survey_store_again(&input, &item->survey, err);
}

static bool is_there(const struct store *store, const char *name)
{
    struct stat status;
    return fstatat(store->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* A file that shows that the store had a Fernet key: a start creates that key first, and retired/ is created for the
 * first key that leaves a ring. Each name is asked for, since a listing may be an old one. */
static bool find_other(const struct store *store, char name[FILE_TEMPORARY_NAME])
{
    snprintf(name, FILE_TEMPORARY_NAME, "%s", STORE_RETIRED);
    bool found = is_there(store, name);
    for (size_t i = 0; i < MANAGED_COUNT && !found; i++) {
        store_staged_name(managed_secrets[i].name, name);
        found = is_there(store, name);
        if (found || !managed_secrets[i].replaceable)
            continue;
        snprintf(name, FILE_TEMPORARY_NAME, "%s", managed_secrets[i].name);
        found = is_there(store, name);
    }
    return found;
}

/* No source gives a key: refuse to create one if the store had one. Another process may have created all of it since
 * the store was read, so read it again first. */
static int check_lost(const struct context *context, const struct findings *findings,
                      struct item *item, struct error *err)
{
    char other[FILE_TEMPORARY_NAME];
    if (findings->store.directory < 0 || !find_other(&findings->store, other))
        return 0;
    if (survey_again(context, findings, item, err) < 0 ||
        decide(&item->survey, context->settings->on_change, &item->decision, err) < 0)
        return -1;
    if (item->decision.action != ACTION_GENERATE)
        return 0;
    error_refused(err, "%s is missing, but %s shows that there was one: no other key was created",
                  item->survey.store_name, other);
    const char *path = findings->store.path;
    bool is_folder = strcmp(other, STORE_RETIRED) == 0 && strlen(path) < sizeof err->hints / 2;
    error_id(err, "lost-ring");
    error_hint(err, "restore it from a backup, or give the key in FERNET_KEY");
    error_hint(err,
               "for a new deployment give a new key there once: fernit key generate prints one");
    if (is_folder)
        error_hint(err,
                   "if that folder is empty, and nothing is encrypted: rmdir %s/" STORE_RETIRED,
                   path);
    return -1;
}

/* As decide, but creates nothing that this Airflow does not read. */
static int decide_action(const struct context *context, const struct findings *findings,
                         struct item *item, struct error *err)
{
    if (decide(&item->survey, context->settings->on_change, &item->decision, err) < 0)
        return -1;
    if (item->decision.action == ACTION_GENERATE && !item->secret->replaceable &&
        check_lost(context, findings, item, err) < 0)
        return -1;
    if (item->decision.action == ACTION_GENERATE &&
        !managed_is_read(item->secret, findings->airflow))
        item->decision.action = ACTION_NONE;
    return 0;
}

static int decide_item(const struct context *context, const struct findings *findings,
                       struct item *item, struct error *err)
{
    int decided = decide_action(context, findings, item, err);
    item->delivers = item->decision.action == ACTION_USE ? &item->decision.ring : NULL;
    return decided;
}

static int find_item(const struct context *context, struct findings *findings, struct item *item,
                     enum run_commands commands, struct error *err)
{
    const struct survey_input input = survey_input_for(context, findings, item, true, commands);
    if (survey_all(&input, &item->survey, err) < 0 || decide_item(context, findings, item, err) < 0)
        return -1;
    if (!context->left_cfg || item->decision.action != ACTION_GENERATE || item->secret->replaceable)
        return 0;
    error_refused(
        err, "no Fernet key was created: %.300s may hold it, and with --user Airflow reads %.300s",
        context->left_cfg, findings->cfg_path.bytes);
    error_hint(err, "move the file there, or set AIRFLOW_HOME to its folder");
    return error_hint(err, "or give its key in FERNET_KEY");
}

int findings_gather(const struct context *context, unsigned secrets, enum run_commands commands,
                    struct findings *findings, struct error *err)
{
    const struct settings *settings = context->settings;
    *findings = (struct findings){.store = {.path = settings->store, .directory = -1}};
    bool whole = commands == RUN_COMMANDS_NEVER || settings->run_commands;
    find_version(context, secrets, findings);
    read_cfg(context, secrets, whole, findings);
    store_open(&findings->store, settings->store, settings->store_mode, &findings->store_error);
    findings->no_mounts = access("/run/secrets", F_OK) < 0 && errno == ENOENT;

    for (size_t i = 0; i < MANAGED_COUNT; i++)
        if (secrets & 1U << i)
            findings->items[findings->count++].secret = &managed_secrets[i];
    read_store(findings);
    int result = 0;
    for (size_t i = 0; i < findings->count; i++) {
        struct error later;
        struct item *item = &findings->items[i];
        if (find_item(context, findings, item, commands, result < 0 ? &later : err) == 0)
            continue;
        result = -1;
        if (err->kind == ERROR_ENDING)
            break;
        commands = RUN_COMMANDS_NEVER;
    }
    return result;
}

int findings_reread(const struct context *context, struct findings *findings, struct item *item,
                    struct error *err)
{
    return survey_again(context, findings, item, err) < 0
               ? -1
               : decide_item(context, findings, item, err);
}

int findings_reread_all(const struct context *context, struct findings *findings, unsigned done,
                        struct error *err)
{
    for (size_t i = 0; i < findings->count; i++) {
        struct item *item = &findings->items[i];
        if (!(done & 1U << (item->secret - managed_secrets)) &&
            findings_reread(context, findings, item, err) < 0)
            return -1;
    }
    return 0;
}

void findings_why_shown(const struct findings *findings, char text[FINDINGS_WHY])
{
    char version[AIRFLOW_TEXT];
    airflow_version_text(findings->airflow, version);
    if (findings->airflow == AIRFLOW_UNKNOWN)
        snprintf(text, FINDINGS_WHY,
                 "the version of Airflow is not known, and some show such a value");
    else
        snprintf(text, FINDINGS_WHY, "Airflow %s (%.150s) shows a value that it does not know",
                 version, findings->airflow_from);
}

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        decision_free(&findings->items[i].decision);
        survey_free(&findings->items[i].survey);
        ring_free(&findings->items[i].unkept);
        store_file_free(&findings->stored[i]);
    }
    findings->count = 0;
    store_close(&findings->store);
    cfg_free(&findings->cfg.cfg);
    secret_free(&findings->cfg_path);
}
