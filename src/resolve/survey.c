#include "resolve/survey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "airflow/expand.h"
#include "base/environment.h"
#include "base/lines.h"
#include "resolve/looking.h"
#include "store/owner.h"

static int look_at_variable(struct looking *looking, enum way way, const char *name, bool expand,
                            struct error *err)
{
    const char *value = environment_get(looking->places->environment, name);
    struct source source = source_named(looking, way, name);
    if (!value)
        return source_keep(looking, &source, err);

    _cleanup_secret_ struct secret expanded = {0};
    char twin_name[SOURCE_NAME];
    snprintf(twin_name, sizeof twin_name, "%s_FILE", name);
    const char *twin = environment_get(looking->places->environment, twin_name);
    if (text_is_blank(value)) {
        source.finding = FOUND_EMPTY;
    } else if (twin && !text_is_blank(twin)) {
        source.finding = FOUND_BROKEN;
        source.fatal = true;
        error_input(source.error, "%s: is set, and so is %s; unset one of them", name, twin_name);
    } else if (!expand || !airflow_expands(value)) {
        source_take_keys(&source, name, value, strlen(value));
    } else if (secret_append(&expanded, value, strlen(value), source.error) < 0 ||
               airflow_expand(&expanded, looking->places->environment, source.error) < 0) {
        source.finding = FOUND_BROKEN;
        error_within(source.error, "%s", name);
        error_advise(source.error, "give the key itself");
    } else {
        source_take_keys(&source, name, expanded.bytes, expanded.length);
    }
    return source_keep(looking, &source, err);
}

static int look_at_command(struct looking *looking, struct error *err)
{
    struct source source = source_named(looking, WAY_COMMAND, FERNET_VARIABLE "_CMD");
    const char *command = environment_get(looking->places->environment, source.name);
    if (!command)
        return source_keep(looking, &source, err);
    if (text_is_blank(command))
        source.finding = FOUND_EMPTY;
    else
        source_run_command(&source, looking, command);
    return source_keep(looking, &source, err);
}

static int look_at_secret(struct looking *looking, struct error *err)
{
    struct source source = source_named(looking, WAY_COMMAND, FERNET_VARIABLE "_SECRET");
    const char *path = environment_get(looking->places->environment, source.name);
    if (path)
        source.finding = text_is_blank(path) ? FOUND_EMPTY : FOUND_SECRET;
    return source_keep(looking, &source, err);
}

/* `named` is what gives the path: a variable, an option, or nothing. */
static void read_secret_file(const struct looking *looking, const char *path, const char *named,
                             struct source *source)
{
    _cleanup_secret_ struct secret text = {0};
    source->finding = FOUND_BROKEN;
    if (named && ring_is_text(path)) {
        source->name = named;
        error_input(source->error, "%s: holds a key, where a path belongs; put it into %s", named,
                    FERNET_BARE);
        return;
    }
    if (early_file_read(looking->places->early, path, &text, source->error) == 0)
        source_take_keys(source, path, text.bytes, text.length);
    else if (named)
        error_advise(source->error, "mount it, readable and whole, or unset %s", named);
    else
        error_advise(source->error, "mount it, readable and whole, or not at all");
    if (source->finding == FOUND_BROKEN && named && *named != '-')
        error_within(source->error, "%s", named);
}

static int look_at_file_variable(struct looking *looking, const char *name, struct error *err)
{
    struct source source = source_named(looking, WAY_FILE, name);
    const char *path = environment_get(looking->places->environment, name);
    if (path && text_is_blank(path))
        source.finding = FOUND_EMPTY;
    else if (path)
        read_secret_file(looking, path, name, &source);
    return source_keep(looking, &source, err);
}

/* A link that leads nowhere is a mount that went wrong, not an absent one. */
static bool is_absent(const char *path, const struct error *error)
{
    struct stat status;
    return error->kind == ERROR_SYSTEM && (error->errnum == ENOENT || error->errnum == ENOTDIR) &&
           lstat(path, &status) < 0;
}

static int look_at_file(struct looking *looking, const char *path, bool may_be_absent,
                        struct error *err)
{
    struct source source = source_named(looking, WAY_FILE, path);
    read_secret_file(looking, path, may_be_absent ? NULL : "--secret-file", &source);
    if (may_be_absent && source.finding == FOUND_BROKEN && is_absent(path, source.error))
        source.finding = FOUND_ABSENT;
    return source_keep(looking, &source, err);
}

/* One look at the folder spares two at each of its files where nothing is mounted. */
static int look_at_mounted(struct looking *looking, struct error *err)
{
    bool none = access("/run/secrets", F_OK) < 0 && errno == ENOENT;
    for (size_t i = 0; i < MOUNTED_SECRETS; i++) {
        struct source absent = source_named(looking, WAY_FILE, mounted_secrets[i]);
        int looked = none ? source_keep(looking, &absent, err)
                          : look_at_file(looking, mounted_secrets[i], true, err);
        if (looked < 0)
            return -1;
    }
    return 0;
}

static int look_at_store(struct looking *looking, struct error *err)
{
    const struct store *store = looking->places->store;
    char *name = looking->survey->store_name;
    snprintf(name, SOURCE_NAME, "%s/fernet_key", store->path);
    struct source source = source_named(looking, WAY_STORE, name);
    _cleanup_store_file_ struct store_file file = {0};
    if (looking->places->store_error) {
        source.finding = FOUND_BROKEN;
        *source.error = *looking->places->store_error;
        store_advise_owner(store->path, source.error);
        error_advise(source.error,
                     "give this user a folder that it can read and write (--store DIR)");
    } else if (store_read(store, "fernet_key", &file, source.error) < 0) {
        source.finding = FOUND_BROKEN;
        if (!strchr(source.error->message, ';'))
            error_advise(source.error, "put back the file that fernit has made, or a backup of it");
    } else if (file.finding == STORE_UNFINISHED) {
        source.finding = FOUND_UNFINISHED;
    } else if (file.finding == STORE_HOLDS) {
        source_take_keys(&source, source.name, file.text.bytes, file.text.length);
        source.readable_by_all = file.readable_by_all;
        source.modeless = file.modeless;
    }
    looking->survey->store_scan = file.scan;
    return source_keep(looking, &source, err);
}

int survey_all(const struct survey_places *places, struct survey *survey, struct error *err)
{
    *survey = (struct survey){0};
    struct looking looking = {.places = places, .survey = survey};

    if (look_at_variable(&looking, WAY_VARIABLE, FERNET_VARIABLE, true, err) < 0 ||
        look_at_command(&looking, err) < 0 || look_at_secret(&looking, err) < 0 ||
        look_at_variable(&looking, WAY_BARE, FERNET_BARE, false, err) < 0 ||
        look_at_file_variable(&looking, FERNET_VARIABLE "_FILE", err) < 0 ||
        look_at_file_variable(&looking, FERNET_BARE "_FILE", err) < 0)
        return -1;
    for (const char *const *path = places->secret_files; *path; path++)
        if (look_at_file(&looking, *path, false, err) < 0)
            return -1;
    if (look_at_mounted(&looking, err) < 0 || look_at_store(&looking, err) < 0)
        return -1;
    return survey_cfg(&looking, err);
}

const struct source *survey_stored(const struct survey *survey)
{
    for (size_t i = 0; i < survey->count; i++)
        if (survey->sources[i].way == WAY_STORE && survey->sources[i].finding == FOUND_KEYS)
            return &survey->sources[i];
    return NULL;
}

void survey_free(struct survey *survey)
{
    for (size_t i = 0; i < survey->count; i++) {
        ring_free(&survey->sources[i].ring);
        free(survey->sources[i].error);
    }
    free(survey->sources);
    cfg_free(&survey->cfg);
    *survey = (struct survey){0};
}
