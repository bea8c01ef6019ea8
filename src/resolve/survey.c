#include "resolve/survey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "airflow/expand.h"
#include "base/environment.h"
#include "base/lines.h"
#include "base/shown.h"
#include "resolve/misnamed.h"
#include "resolve/survey_state.h"
#include "store/owner.h"

/* A variable that is set twice: what the second gives may be needed, too. Returns its value, or NULL. */
static const char *find_second(struct survey_state *state, enum way way, const char *name,
                               struct source *source)
{
    struct survey *survey = state->survey;
    const char *second = environment_second(state->input->environment, name);
    if (!second)
        return NULL;
    char *where = survey->second_names[survey->second_count++];
    snprintf(where, SECOND_NAME, "the second %s", name);
    *source = source_named(state, way, where);
    source->is_second = true;
    return second + strlen(name) + 1;
}

/* Airflow would run the first command, or ask for the first path, alone. */
static int keep_second(struct survey_state *state, const char *name, enum finding finding,
                       struct error *err)
{
    struct source source;
    if (!find_second(state, WAY_COMMAND, name, &source))
        return 0;
    source.finding = finding;
    return source_keep(state, &source, err);
}

static int look_at_variable(struct survey_state *state, enum way way, const char *name,
                            const char *twin_name, bool expand, struct error *err)
{
    const char *value = environment_get(state->input->environment, name);
    struct source source = source_named(state, way, name);
    if (!value)
        return source_keep(state, &source, err);

    _cleanup_secret_ struct secret expanded = {0};
    const char *twin = environment_get(state->input->environment, twin_name);
    bool expands = expand && airflow_expands(value);
    bool failed =
        expands && (secret_append(&expanded, value, strlen(value), source.error) < 0 ||
                    airflow_expand(&expanded, state->input->environment, source.error) < 0);
    const char *text = expands && !failed ? expanded.bytes : value;
    if (text_is_blank(text)) {
        source.finding = FOUND_EMPTY;
    } else if (twin && !text_is_blank(twin)) {
        source.finding = FOUND_BROKEN;
        source.fatal = true;
        error_input(source.error, "%s: is set, and %s is set, too", name, twin_name);
        error_id(source.error, "set-twice");
        error_hint(source.error, "unset one of them");
    } else if (failed) {
        source.finding = FOUND_BROKEN;
        error_within(source.error, "%s", name);
        error_advise(source.error, "give the key itself");
    } else {
        source_take_keys(state, &source, name, text, strlen(text));
    }
    if (source_keep(state, &source, err) < 0)
        return -1;
    const char *second = find_second(state, way, name, &source);
    if (!second)
        return 0;
    source_take_keys(state, &source, source.name, second, strlen(second));
    return source_keep(state, &source, err);
}

static int look_at_command(struct survey_state *state, const char *name, struct error *err)
{
    struct source source = source_named(state, WAY_COMMAND, name);
    const char *command = environment_get(state->input->environment, source.name);
    if (!command)
        return source_keep(state, &source, err);
    if (text_is_blank(command))
        source.finding = FOUND_EMPTY;
    else
        source_run_command(&source, state, command);
    return source_keep(state, &source, err) < 0 ? -1 : keep_second(state, name, FOUND_COMMAND, err);
}

/* An Airflow that does not know the name would not ask its backend. */
static int look_at_secret(struct survey_state *state, const struct managed_option *place,
                          struct error *err)
{
    struct source source = source_named(state, WAY_COMMAND, place->variable_secret);
    const char *path = environment_get(state->input->environment, source.name);
    if (!path || managed_is_left_out(place, state->input->airflow))
        return source_keep(state, &source, err);
    source.finding = text_is_blank(path) ? FOUND_EMPTY : FOUND_SECRET;
    return source_keep(state, &source, err) < 0
               ? -1
               : keep_second(state, place->variable_secret, FOUND_SECRET, err);
}

/* `named` is what gives the path: a variable, an option, or nothing. */
static void read_secret_file(const struct survey_state *state, const char *path, const char *named,
                             struct source *source)
{
    _cleanup_secret_ struct secret text = {0};
    source->finding = FOUND_BROKEN;
    if (named && ring_is_text(path)) {
        source->name = named;
        error_input(source->error, "%s: is a key, where a path belongs", named);
        error_hint(source->error, "put the key into %s", state->input->secret->options->variable);
        return;
    }
    if (early_file_read(state->input->early, path, &text, source->error) == 0)
        source_take_keys(state, source, path, text.bytes, text.length);
    else if (named)
        error_advise(source->error, "mount it, readable and whole, or unset %s", named);
    else
        error_advise(source->error, "mount it, readable and whole, or not at all");
    if (source->finding == FOUND_BROKEN && named && *named != '-')
        error_within(source->error, "%s", named);
}

static int look_at_file_variable(struct survey_state *state, const char *name, struct error *err)
{
    struct source source = source_named(state, WAY_FILE, name);
    const char *path = environment_get(state->input->environment, name);
    if (path && text_is_blank(path))
        source.finding = FOUND_EMPTY;
    else if (path)
        read_secret_file(state, path, name, &source);
    if (source_keep(state, &source, err) < 0)
        return -1;
    const char *second = find_second(state, WAY_FILE, name, &source);
    if (!second)
        return 0;
    read_secret_file(state, second, source.name, &source);
    return source_keep(state, &source, err);
}

/* A link that leads nowhere is a mount that went wrong, not an absent one. */
static bool is_absent(const char *path, const struct error *error)
{
    struct stat status;
    return error->kind == ERROR_SYSTEM && (error->errnum == ENOENT || error->errnum == ENOTDIR) &&
           lstat(path, &status) < 0;
}

static int look_at_file(struct survey_state *state, const char *path, bool may_be_absent,
                        struct error *err)
{
    static const char option[] = "--secret-file";
    struct source source = source_named(state, WAY_FILE, path);
    read_secret_file(state, path, may_be_absent ? NULL : option, &source);
    if (source.finding == FOUND_BROKEN && source.name != option &&
        shown(path, NULL, option) == option) {
        source.name = option;
        error_within(source.error, option);
    }
    if (may_be_absent && source.finding == FOUND_BROKEN && is_absent(path, source.error))
        source.finding = FOUND_ABSENT;
    return source_keep(state, &source, err);
}

static int look_at_mounted(struct survey_state *state, struct error *err)
{
    for (const char *const *path = state->input->secret->mounted; *path; path++) {
        struct source absent = source_named(state, WAY_FILE, *path);
        int looked = state->input->no_mounts ? source_keep(state, &absent, err)
                                             : look_at_file(state, *path, true, err);
        if (looked < 0)
            return -1;
    }
    return 0;
}

static void advise_on_store(struct error *error)
{
    if (!*error->hints)
        source_advise(error, "put back the file that fernit created, or a backup");
}

/* To ignore the file of staged keys would be to ignore the ring beside it, too, and what that reads. */
static void fail_for_staged(const struct survey_state *state, struct source *source)
{
    source->fatal = !state->survey->secret->replaceable;
}

/* What stands in the file, and what waits beside it to be promoted. */
static void take_stored(struct survey_state *state, const struct store_file *file,
                        struct source *source)
{
    struct survey *survey = state->survey;
    survey->store_scan = file->scan;
    ring_free(&survey->staged);
    survey->staged.is_value = survey->secret->is_value;
    if (file->staged.length > 0 &&
        ring_parse(&survey->staged, file->staged.bytes, file->staged.length, source->error) < 0) {
        fail_for_staged(state, source);
        error_within(source->error, "%s.staged", source->name);
        advise_on_store(source->error);
    } else if (file->finding == STORE_NOTHING) {
        source->finding = FOUND_ABSENT;
    } else if (file->finding == STORE_UNFINISHED) {
        source->finding = FOUND_UNFINISHED;
    } else {
        source_take_keys(state, source, source->name, file->text.bytes, file->text.length);
        source->readable_by_all = file->readable_by_all;
        source->modeless = file->modeless;
    }
}

static void read_store(struct survey_state *state, const struct store_file *file,
                       const struct error *error, struct source *source)
{
    const struct managed *secret = state->survey->secret;
    _cleanup_store_file_ struct store_file read = {0};
    source->finding = FOUND_BROKEN;
    if (!file && store_read_by_names(state->input->store, secret->name, secret->is_value, &read,
                                     source->error) == 0)
        file = &read;
    else if (file && error->kind != ERROR_NONE)
        *source->error = *error;
    if (file && (file == &read || error->kind == ERROR_NONE)) {
        take_stored(state, file, source);
        return;
    }
    if (file ? file->staged_failed : read.staged_failed)
        fail_for_staged(state, source);
    advise_on_store(source->error);
}

static int look_at_store(struct survey_state *state, struct error *err)
{
    const struct store *store = state->input->store;
    struct survey *survey = state->survey;
    struct source source = source_named(state, WAY_STORE, survey->store_name);
    survey->store_source = survey->count;
    if (state->input->store_error && survey->secret->replaceable) {
        /* The Fernet key's survey tells that; what can be replaced is made for this process alone. */
        source.finding = FOUND_ABSENT;
    } else if (state->input->store_error) {
        source.finding = FOUND_BROKEN;
        source.repeated = survey->secret != MANAGED_FERNET_KEY;
        *source.error = *state->input->store_error;
        store_advise_owner(store->path, source.error);
        error_advise(source.error,
                     "give this user a folder that it can read and write (--store DIR)");
    } else {
        read_store(state, state->input->stored, state->input->stored_error, &source);
    }
    return source_keep(state, &source, err);
}

/* The variables, commands and files of all of its names. */
static int look_outside(struct survey_state *state, struct error *err)
{
    const struct survey_input *input = state->input;
    const struct managed *secret = input->secret;
    const struct managed_option *ranked[MANAGED_OPTIONS + 1] = {NULL};
    const struct managed_option *const *place;
    for (size_t i = 0; secret->options[i].variable; i++)
        ranked[i] = &secret->options[managed_rank(secret, input->airflow, i)];
    for (place = ranked; *place; place++)
        if (look_at_variable(state, WAY_VARIABLE, (*place)->variable, (*place)->variable_file, true,
                             err) < 0)
            return -1;
    for (place = ranked; *place; place++)
        if (look_at_command(state, (*place)->variable_command, err) < 0 ||
            look_at_secret(state, *place, err) < 0)
            return -1;
    if (secret->bare &&
        look_at_variable(state, WAY_BARE, secret->bare, secret->bare_file, false, err) < 0)
        return -1;
    for (place = ranked; *place; place++)
        if (look_at_file_variable(state, (*place)->variable_file, err) < 0)
            return -1;
    if (secret->bare && look_at_file_variable(state, secret->bare_file, err) < 0)
        return -1;
    for (const char *const *path = input->secret_files; secret->bare && *path; path++)
        if (look_at_file(state, *path, false, err) < 0)
            return -1;
    return look_at_mounted(state, err);
}

int survey_all(const struct survey_input *input, struct survey *survey, struct error *err)
{
    *survey = (struct survey){
        .secret = input->secret,
        .misnamed = misnamed_secret(input->environment, input->secret),
        .suggested = input->options ? input->options : "",
    };
    struct survey_state state = {.input = input, .survey = survey};
    snprintf(survey->store_name, SOURCE_NAME, "%s/%s", input->store->path, input->secret->name);
    if (look_outside(&state, err) < 0 || look_at_store(&state, err) < 0 ||
        survey_cfg(&state, err) < 0)
        return -1;
    if (survey_retired(&state, survey->store_scan.retired, err) < 0)
        return -1;
    survey->has_lost_ring = !survey->secret->replaceable &&
                            survey->sources[survey->store_source].finding == FOUND_ABSENT &&
                            (ring_count(&survey->staged) > 0 || survey->retired.count > 0);
    return 0;
}

int survey_store_again(const struct survey_input *input, struct survey *survey, struct error *err)
{
    struct survey_state state = {.input = input, .survey = survey};
    struct source *kept = &survey->sources[survey->store_source];
    struct source source = source_named(&state, WAY_STORE, survey->store_name);
    struct error *room = kept->error ? kept->error : malloc(sizeof *room);
    if (!room)
        return error_sys(err, "%s", survey->store_name);
    kept->error = NULL;
    ring_free(&kept->ring);
    read_store(&state, NULL, NULL, &source);
    *kept = source;
    kept->error = NULL;
    if (source.finding == FOUND_BROKEN)
        *(kept->error = room) = *source.error;
    else
        free(room);
    /* Who has the lock does not believe a listing, which may be an old one. */
    return survey_retired(&state, true, err);
}
