#include "resolve/survey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "airflow/expand.h"
#include "base/environment.h"
#include "base/lines.h"
#include "resolve/misnamed.h"
#include "resolve/secret_file.h"
#include "resolve/survey_state.h"
#include "store/owner.h"

/* What the second assignment of a variable holds, or NULL. Airflow reads the first, but keys of the second may be in
 * use. */
static const char *find_second(struct survey_state *state, enum source_kind kind, const char *name,
                               struct source *source)
{
    struct survey *survey = state->survey;
    const char *second = environment_second(state->input->environment, name);
    if (!second)
        return NULL;
    char *where = survey->second_names[survey->second_count++];
    snprintf(where, SECOND_NAME, "the second %s", name);
    *source = source_named(state, kind, where);
    source->is_second = true;
    return second + strlen(name) + 1;
}

/* A second ..._CMD or ..._SECRET is only listed: Airflow never reads it. */
static int add_second(struct survey_state *state, const char *name, enum finding finding,
                      struct error *err)
{
    struct source source;
    if (!find_second(state, SOURCE_COMMAND, name, &source))
        return 0;
    source.finding = finding;
    return survey_add(state, &source, err);
}

static int add_variable(struct survey_state *state, enum source_kind kind, const char *name,
                        const char *file_name, bool expand, struct error *err)
{
    const char *value = environment_get(state->input->environment, name);
    struct source source = source_named(state, kind, name);
    if (!value)
        return survey_add(state, &source, err);

    _cleanup_secret_ struct secret expanded = {0};
    const char *path = environment_get(state->input->environment, file_name);
    bool expands = expand && airflow_expands(value);
    bool failed =
        expands && (secret_append(&expanded, value, strlen(value), source.error) < 0 ||
                    airflow_expand(&expanded, state->input->environment, source.error) < 0);
    const char *text = expands && !failed ? expanded.bytes : value;
    if (text_is_blank(text)) {
        source.finding = FOUND_EMPTY;
    } else if (path && !text_is_blank(path)) {
        source.finding = FOUND_BROKEN;
        source.fatal = true;
        secret_file_refuse_both(name, file_name, source.error);
    } else if (failed) {
        source.finding = FOUND_BROKEN;
        error_within(source.error, "%s", name);
        error_advise(source.error, "give the key itself");
    } else {
        source_take_keys(state, &source, name, text, strlen(text));
    }
    if (survey_add(state, &source, err) < 0)
        return -1;
    const char *second = find_second(state, kind, name, &source);
    if (!second)
        return 0;
    source_take_keys(state, &source, source.name, second, strlen(second));
    return survey_add(state, &source, err);
}

static int add_command(struct survey_state *state, const char *name, struct error *err)
{
    struct source source = source_named(state, SOURCE_COMMAND, name);
    const char *command = environment_get(state->input->environment, name);
    if (!command)
        return survey_add(state, &source, err);
    if (text_is_blank(command))
        source.finding = FOUND_EMPTY;
    else
        source_run_command(&source, state, command);
    return survey_add(state, &source, err) < 0 ? -1 : add_second(state, name, FOUND_COMMAND, err);
}

/* A version of Airflow that does not know the option does not ask its secrets backend for it. */
static int add_secret(struct survey_state *state, const struct managed_option *option,
                      struct error *err)
{
    const char *name = option->variable_secret;
    struct source source = source_named(state, SOURCE_COMMAND, name);
    const char *path = environment_get(state->input->environment, name);
    if (!path || managed_is_left_out(option, state->input->airflow))
        return survey_add(state, &source, err);
    source.finding = text_is_blank(path) ? FOUND_EMPTY : FOUND_SECRET;
    return survey_add(state, &source, err) < 0 ? -1 : add_second(state, name, FOUND_SECRET, err);
}

/* `named_by` is what names the file: a variable, an option, or NULL. */
static void read_keys(const struct survey_state *state, const char *path, const char *named_by,
                      struct source *source)
{
    _cleanup_secret_ struct secret text = {0};
    const struct secret_file file = {path, named_by, state->input->secret->options->variable};
    source->finding = FOUND_BROKEN;
    if (secret_file_read(&file, state->input->early, &text, source->error) < 0)
        return;
    source_take_keys(state, source, path, text.bytes, text.length);
    if (source->finding == FOUND_BROKEN)
        secret_file_within(&file, source->error);
}

static int add_file_variable(struct survey_state *state, const char *name, struct error *err)
{
    struct source source = source_named(state, SOURCE_FILE, name);
    const char *path = environment_get(state->input->environment, name);
    if (path && text_is_blank(path))
        source.finding = FOUND_EMPTY;
    else if (path)
        read_keys(state, path, name, &source);
    if (survey_add(state, &source, err) < 0)
        return -1;
    const char *second = find_second(state, SOURCE_FILE, name, &source);
    if (!second)
        return 0;
    read_keys(state, second, source.name, &source);
    return survey_add(state, &source, err);
}

static int add_secret_file(struct survey_state *state, const char *path, struct error *err)
{
    static const char option[] = "--secret-file";
    struct source source = source_named(state, SOURCE_FILE, path);
    read_keys(state, path, option, &source);
    if (source.finding == FOUND_BROKEN && !secret_file_may_be_shown(path))
        source.name = option;
    return survey_add(state, &source, err);
}

/* A symbolic link that leads nowhere is a mount that failed: that source is broken, not absent. */
static bool is_absent(const char *path, const struct error *error)
{
    struct stat status;
    return error->kind == ERROR_SYSTEM && (error->errnum == ENOENT || error->errnum == ENOTDIR) &&
           lstat(path, &status) < 0;
}

static int add_mounted(struct survey_state *state, struct error *err)
{
    for (const char *const *path = state->input->secret->mounted; *path; path++) {
        struct source source = source_named(state, SOURCE_FILE, *path);
        if (!state->input->no_mounts)
            read_keys(state, *path, NULL, &source);
        if (source.finding == FOUND_BROKEN && is_absent(*path, source.error))
            source.finding = FOUND_ABSENT;
        if (survey_add(state, &source, err) < 0)
            return -1;
    }
    return 0;
}

static void advise_on_store(struct error *error)
{
    if (!*error->hints)
        source_advise(error, "put back the file that fernit created, or a backup");
}

/* A start that ignored broken staged keys would ignore the store's ring beside them, too. */
static void fail_for_staged(const struct survey_state *state, struct source *source)
{
    source->fatal = !state->survey->secret->replaceable;
}

/* The store's ring, and the staged keys beside it. */
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

static int add_store(struct survey_state *state, struct error *err)
{
    const struct store *store = state->input->store;
    struct survey *survey = state->survey;
    struct source source = source_named(state, SOURCE_STORE, survey->store_name);
    survey->store_source = survey->count;
    if (state->input->store_error && survey->secret->replaceable) {
        /* The Fernet key's survey reports it. A replaceable secret is created for this process alone. */
        source.finding = FOUND_ABSENT;
    } else if (state->input->store_error) {
        source.finding = FOUND_BROKEN;
        source.repeated = survey->secret != MANAGED_FERNET_KEY;
        *source.error = *state->input->store_error;
        store_advise_owner(store->path, source.error);
        error_advise(source.error, "%slet this user read and write the folder: it may hold keys",
                     *source.error->hints ? "or " : "");
    } else {
        read_store(state, state->input->stored, state->input->stored_error, &source);
    }
    return survey_add(state, &source, err);
}

/* The sources before the store, in the order of enum source_kind. A new kind of source is one more step here. */
static int add_outside(struct survey_state *state, struct error *err)
{
    const struct survey_input *input = state->input;
    const struct managed *secret = input->secret;
    const struct managed_option *ranked[MANAGED_OPTIONS + 1] = {NULL};
    const struct managed_option *const *option;
    for (size_t i = 0; secret->options[i].variable; i++)
        ranked[i] = &secret->options[managed_rank(secret, input->airflow, i)];
    for (option = ranked; *option; option++)
        if (add_variable(state, SOURCE_VARIABLE, (*option)->variable, (*option)->variable_file,
                         true, err) < 0)
            return -1;
    for (option = ranked; *option; option++)
        if (add_command(state, (*option)->variable_command, err) < 0 ||
            add_secret(state, *option, err) < 0)
            return -1;
    if (secret->bare &&
        add_variable(state, SOURCE_BARE, secret->bare, secret->bare_file, false, err) < 0)
        return -1;
    for (option = ranked; *option; option++)
        if (add_file_variable(state, (*option)->variable_file, err) < 0)
            return -1;
    if (secret->bare && add_file_variable(state, secret->bare_file, err) < 0)
        return -1;
    for (const char *const *path = input->secret_files; secret->bare && *path; path++)
        if (add_secret_file(state, *path, err) < 0)
            return -1;
    return add_mounted(state, err);
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
    if (add_outside(&state, err) < 0 || add_store(&state, err) < 0 || survey_cfg(&state, err) < 0 ||
        survey_retired(&state, survey->store_scan.retired, err) < 0)
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
    struct source source = source_named(&state, SOURCE_STORE, survey->store_name);
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
    /* The listing of the first survey may be old: another process may have retired keys before we got the lock. */
    return survey_retired(&state, true, err);
}
