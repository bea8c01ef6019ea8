#include "run/look.h"

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

/* The fernet_key of all versions has one name. */
static void find_version(const struct context *context, unsigned secrets, struct look *look)
{
    const char *variable = environment_get(context->environment, "AIRFLOW_VERSION");
    look->airflow = context->settings->airflow;
    look->airflow_from = "--airflow-version";
    if (look->airflow == AIRFLOW_UNKNOWN && variable) {
        look->airflow = airflow_version_parse(variable);
        look->airflow_from = "AIRFLOW_VERSION";
    }
    if (look->airflow == AIRFLOW_UNKNOWN && secrets > 1U) {
        look->airflow = airflow_version_installed(context->environment);
        look->airflow_from = "the installed package";
    }
}

static bool lacks_any(const struct look *look, unsigned secrets)
{
    for (size_t i = 0; i < MANAGED_COUNT; i++) {
        const struct managed_option *place = managed_secrets[i].options;
        for (; (secrets & 1U << i) && place->variable; place++)
            if (managed_use(place, look->airflow) == MANAGED_DELIVERED &&
                !ini_find(&look->cfg.cfg.ini, place->section, place->option))
                return true;
    }
    return false;
}

/* Of all places of all secrets: where each of those that Airflow reads holds a plain value, and none a ..._cmd, no more is to
 * be known of the file. */
static void read_cfg(const struct context *context, unsigned secrets, bool whole, struct look *look)
{
    struct shared_cfg *cfg = &look->cfg;
    struct ini_wanted wanted[MANAGED_COUNT * MANAGED_OPTIONS];
    size_t count = 0;
    for (size_t i = 0; i < MANAGED_COUNT; i++) {
        const struct managed_option *place = managed_secrets[i].options;
        for (; (secrets & 1U << i) && place->variable; place++)
            wanted[count++] = (struct ini_wanted){place->section, place->option};
    }
    cfg->unknown = airflow_cfg_path(context->environment, &look->cfg_path, &cfg->error) < 0;
    cfg->path = cfg->unknown ? "airflow.cfg" : look->cfg_path.bytes;
    if (cfg->unknown)
        return;
    cfg->readable =
        cfg_read_options(cfg->path, wanted, whole ? 0 : count, &cfg->cfg, &cfg->error) == 0;
    if (look->airflow == AIRFLOW_UNKNOWN) {
        look->airflow = airflow_version_by_names(&cfg->cfg.ini);
        look->airflow_from = cfg->path;
    }
    /* It is going to be edited: whether that can be done is to be known before anything is kept. */
    if (cfg->cfg.exists && !cfg->cfg.is_whole && lacks_any(look, secrets)) {
        cfg_free(&cfg->cfg);
        cfg->readable = cfg_read(cfg->path, &cfg->cfg, &cfg->error) == 0;
    }
}

/* All of them at once, with one listing of the directory. */
static void read_store(struct look *look)
{
    struct store_wanted wanted[MANAGED_COUNT];
    for (size_t i = 0; i < look->count; i++)
        wanted[i] =
            (struct store_wanted){look->lookups[i].secret->name, look->lookups[i].secret->is_value};
    if (look->store_error.kind == ERROR_NONE)
        store_read_all(&look->store, wanted, look->count, look->stored, look->stored_errors);
}

static struct survey_input survey_input_for(const struct context *context, const struct look *look,
                                            const struct lookup *lookup, bool stored,
                                            enum run_commands commands)
{
    const struct settings *settings = context->settings;
    return (struct survey_input){
        .secret = lookup->secret,
        .airflow = look->airflow,
        .environment = context->environment,
        .secret_files = settings->secret_files.list,
        .early = context->early,
        .no_mounts = look->no_mounts,
        .store = &look->store,
        .store_error = look->store_error.kind == ERROR_NONE ? NULL : &look->store_error,
        .stored = stored ? &look->stored[lookup - look->lookups] : NULL,
        .stored_error = stored ? &look->stored_errors[lookup - look->lookups] : NULL,
        .cfg = &look->cfg,
        .commands = commands,
        .in_command = environment_get(context->environment, KEY_COMMAND_MARK) != NULL,
        .command_timeout = settings->cmd_timeout,
        .signals = context->signals,
        .options = settings->options,
    };
}

/* The store alone. What was decided no longer counts. */
static int survey_again(const struct context *context, const struct look *look,
                        struct lookup *lookup, struct error *err)
{
    const struct survey_input input =
        survey_input_for(context, look, lookup, false, RUN_COMMANDS_NEVER);
    decision_free(&lookup->decision);
    return context->pretends ? 0 : survey_store_again(&input, &lookup->survey, err);
}

static bool is_there(const struct store *store, const char *name)
{
    struct stat status;
    return fstatat(store->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* What shows that the store has had a Fernet key: a start creates that first, and retired/ is created for the first key
 * that leaves a ring. Names are asked for one by one, since a listing may be an old one. */
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

/* Nobody gives a key: then none may be lost. All may have been created since the store was read. */
static int check_lost(const struct context *context, const struct look *look, struct lookup *lookup,
                      struct error *err)
{
    char other[FILE_TEMPORARY_NAME];
    if (look->store.directory < 0 || !find_other(&look->store, other))
        return 0;
    if (survey_again(context, look, lookup, err) < 0 ||
        decide(&lookup->survey, context->settings->on_change, &lookup->decision, err) < 0)
        return -1;
    if (lookup->decision.action != ACTION_GENERATE)
        return 0;
    error_refused(err, "%s is missing, but %s shows that there was one: no other key was created",
                  lookup->survey.store_name, other);
    const char *path = look->store.path;
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

/* As decide, but nothing is created that this Airflow does not read. */
static int decide_part(const struct context *context, const struct look *look,
                       struct lookup *lookup, struct error *err)
{
    if (decide(&lookup->survey, context->settings->on_change, &lookup->decision, err) < 0)
        return -1;
    if (lookup->decision.action == ACTION_GENERATE && !lookup->secret->replaceable &&
        check_lost(context, look, lookup, err) < 0)
        return -1;
    if (lookup->decision.action == ACTION_GENERATE &&
        !managed_is_read(lookup->secret, look->airflow))
        lookup->decision.action = ACTION_NONE;
    return 0;
}

static int look_for(const struct context *context, struct look *look, struct lookup *lookup,
                    enum run_commands commands, struct error *err)
{
    const struct survey_input input = survey_input_for(context, look, lookup, true, commands);
    if (survey_all(&input, &lookup->survey, err) < 0 || decide_part(context, look, lookup, err) < 0)
        return -1;
    if (!context->left_cfg || lookup->decision.action != ACTION_GENERATE ||
        lookup->secret->replaceable)
        return 0;
    error_refused(
        err, "no Fernet key was created: %.300s may hold it, and with --user Airflow reads %.300s",
        context->left_cfg, look->cfg_path.bytes);
    error_hint(err, "move the file there, or set AIRFLOW_HOME to its folder");
    return error_hint(err, "or give its key in FERNET_KEY");
}

int look_around(const struct context *context, unsigned secrets, enum run_commands commands,
                struct look *look, struct error *err)
{
    const struct settings *settings = context->settings;
    *look = (struct look){.store = {.path = settings->store, .directory = -1}};
    bool whole = commands == RUN_COMMANDS_NEVER || settings->run_commands;
    find_version(context, secrets, look);
    read_cfg(context, secrets, whole, look);
    store_open(&look->store, settings->store, settings->store_mode, &look->store_error);
    look->no_mounts = access("/run/secrets", F_OK) < 0 && errno == ENOENT;

    for (size_t i = 0; i < MANAGED_COUNT; i++)
        if (secrets & 1U << i)
            look->lookups[look->count++].secret = &managed_secrets[i];
    read_store(look);
    int result = 0;
    for (size_t i = 0; i < look->count; i++) {
        struct error later;
        struct lookup *lookup = &look->lookups[i];
        if (look_for(context, look, lookup, commands, result < 0 ? &later : err) == 0)
            continue;
        result = -1;
        if (err->kind == ERROR_ENDING)
            break;
        commands = RUN_COMMANDS_NEVER;
    }
    return result;
}

int look_again(const struct context *context, struct look *look, struct lookup *lookup,
               struct error *err)
{
    return survey_again(context, look, lookup, err) < 0 ? -1
                                                        : decide_part(context, look, lookup, err);
}

static bool has_store(const struct context *context, const struct look *look)
{
    return (look->store.directory >= 0 && !context->store_made) || context->settings->store_named;
}

/* What is damaged is left alone: it may be all that there is of the keys. */
static bool is_damaged(const struct survey *survey)
{
    return survey->sources[survey->store_source].finding == FOUND_BROKEN;
}

bool look_must_keep(const struct context *context, const struct look *look,
                    const struct lookup *lookup)
{
    if (lookup->decision.action == ACTION_GENERATE)
        return !lookup->secret->replaceable || look->store.directory >= 0 ||
               context->settings->store_named;
    return lookup->decision.action == ACTION_USE && lookup->decision.change.changes &&
           has_store(context, look) && !is_damaged(&lookup->survey);
}

void look_shows(const struct look *look, char text[LOOK_SHOWS])
{
    char version[AIRFLOW_TEXT];
    airflow_version_text(look->airflow, version);
    if (look->airflow == AIRFLOW_UNKNOWN)
        snprintf(text, LOOK_SHOWS, "the version of Airflow is not known, and some would show it");
    else
        snprintf(text, LOOK_SHOWS, "Airflow %s (%.150s) does not know it, and would show it",
                 version, look->airflow_from);
}

void look_free(struct look *look)
{
    for (size_t i = 0; i < look->count; i++) {
        decision_free(&look->lookups[i].decision);
        survey_free(&look->lookups[i].survey);
        ring_free(&look->lookups[i].unkept);
        store_file_free(&look->stored[i]);
    }
    look->count = 0;
    store_close(&look->store);
    cfg_free(&look->cfg.cfg);
    secret_free(&look->cfg_path);
}
