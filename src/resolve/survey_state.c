#include "resolve/survey_state.h"

#include <stdlib.h>
#include <string.h>

#include "airflow/expand.h"
#include "base/environment.h"
#include "base/lines.h"
#include "resolve/key_command.h"

struct source source_named(struct survey_state *state, enum source_kind kind, const char *name)
{
    size_t length = strlen(name);
    if (length >= SOURCE_NAME)
        name += length - SOURCE_NAME + 1;
    state->error.kind = ERROR_NONE;
    return (struct source){.kind = kind,
                           .name = name,
                           .ring = {.is_value = state->input->secret->is_value},
                           .error = &state->error};
}

int survey_add(struct survey_state *state, struct source *source, struct error *err)
{
    struct survey *survey = state->survey;
    if (source->finding == FOUND_BROKEN && source->error->kind == ERROR_ENDING) {
        *err = *source->error;
        return -1;
    }
    if (survey->count == survey->room) {
        size_t room = survey->room ? survey->room * 2 : 16;
        struct source *sources = reallocarray(survey->sources, room, sizeof *sources);
        if (!sources) {
            ring_free(&source->ring);
            return error_sys(err, "cannot list the sources");
        }
        survey->sources = sources;
        survey->room = room;
    }
    bool may_hide = source->finding == FOUND_EMPTY && source->kind < SOURCE_STORE;
    const char *hidden =
        may_hide ? environment_hidden(state->input->environment, source->name) : NULL;
    source->hides = hidden != NULL;
    if (hidden && !survey->secret->is_value)
        survey->misnamed = hidden;
    bool is_value =
        source->finding == FOUND_KEYS && source->kind != SOURCE_STORE && !source->is_marked;
    state->decided |= !source->is_second && (source->finding == FOUND_SECRET ||
                                             source->finding == FOUND_BROKEN || is_value);
    struct source *kept = &survey->sources[survey->count++];
    *kept = *source;
    kept->error = source->finding == FOUND_BROKEN ? malloc(sizeof *kept->error) : NULL;
    if (kept->error)
        *kept->error = *source->error;
    else if (source->finding == FOUND_BROKEN)
        return error_sys(err, "cannot keep the error of %s", source->name);
    return 0;
}

/* Never a new key: what was encrypted with the given one needs that. A fault of the text itself has a hint already. */
static const char *key_cure(const struct managed *secret, enum source_kind kind)
{
    if (kind == SOURCE_STORE && secret->is_value)
        return "correct it, or move the file away: then fernit creates a new one";
    if (kind == SOURCE_STORE)
        return "restore the file from a backup: fernit creates no key in its place";
    if (secret->is_value)
        return "give the value on one line, or nothing: then fernit creates one";
    return "give the key itself";
}

void source_advise(struct error *error, const char *cure)
{
    const char *remedy = error_remedy(error);
    error_advise(error, "%s", *remedy ? remedy : cure);
}

void source_advise_key(struct error *error, const struct managed *secret, enum source_kind kind)
{
    if (*error_remedy(error)) {
        source_advise(error, "");
        return;
    }
    error_id(error, kind == SOURCE_STORE ? "damaged-key" : "invalid-key");
    if (kind == SOURCE_STORE || !*error->hints)
        error_hint(error, "%s%s", *error->hints ? "or " : "", key_cure(secret, kind));
}

/* However the value is delivered, Airflow would replace variables in it, and its processes would get different
 * values. */
static int refuse_variables(const struct survey_state *state, const struct ring *ring,
                            struct error *err)
{
    _cleanup_secret_ struct secret value = {0};
    if (ring_text(ring, &value, err) < 0)
        return -1;
    if (!ring->is_value || !airflow_expands(value.bytes))
        return 0;
    if (airflow_expand(&value, state->input->environment, err) < 0)
        return -1;
    bool stays = value.length == ring->keys.length &&
                 memcmp(value.bytes, ring->keys.bytes, value.length) == 0;
    return stays ? 0
                 : error_input(err, "has a \"$\" or \"~\" in it that Airflow would replace by "
                                    "something else");
}

void source_take_keys(const struct survey_state *state, struct source *source, const char *where,
                      const char *text, size_t length)
{
    if (ring_parse(&source->ring, text, length, source->error) == 0 &&
        refuse_variables(state, &source->ring, source->error) == 0) {
        source->finding = FOUND_KEYS;
        return;
    }
    ring_free(&source->ring);
    source->finding = FOUND_BROKEN;
    source_advise_key(source->error, state->input->secret, source->kind);
    error_within(source->error, "%s", where);
}

void source_run_command(struct source *source, const struct survey_state *state,
                        const char *command)
{
    const struct survey_input *input = state->input;
    struct key_command request = {
        .text = command,
        .environment = input->environment,
        .store_path = input->store->path,
        .secret = input->secret,
        .timeout = input->command_timeout,
        .signals = input->signals,
        .may_run = input->commands == RUN_COMMANDS_NEEDED && !state->decided,
    };
    _cleanup_secret_ struct secret output = {0};
    source->by_command = true;
    if (input->in_command) {
        source->finding = FOUND_OWN_STORE;
        return;
    }
    source->finding = FOUND_BROKEN;
    if (ring_is_text(command)) {
        error_input(source->error, "%s: is a key, where a command belongs", source->name);
        error_hint(source->error, "put the key into %s",
                   managed_variable(input->secret, input->airflow));
        return;
    }
    switch (key_command_run(&request, &output, source->error)) {
    case KEY_COMMAND_RAN:
        if (!text_is_blank(output.bytes)) {
            source_take_keys(state, source, source->name, output.bytes, output.length);
            return;
        }
        error_input(source->error, "the command has printed nothing");
        break;
    case KEY_COMMAND_OWN_STORE:
        source->finding = FOUND_OWN_STORE;
        return;
    case KEY_COMMAND_NOT_RUN:
        source->finding = FOUND_COMMAND;
        return;
    case KEY_COMMAND_FAILED:
        break;
    }
    if (source->error->kind == ERROR_ENDING)
        return;
    error_within(source->error, "%s", source->name);
    error_id(source->error, "failed-command");
    if (!*error_hints(source->error))
        error_hint(source->error, "run it by hand, and read what it prints");
}
