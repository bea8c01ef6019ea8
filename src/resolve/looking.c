#include "resolve/looking.h"

#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "resolve/key_command.h"

const char *const mounted_secrets[MOUNTED_SECRETS] = {
    "/run/secrets/fernet_key",
    "/run/secrets/FERNET_KEY",
    "/run/secrets/AIRFLOW__CORE__FERNET_KEY",
    "/run/secrets/airflow_fernet_key",
};

struct source source_named(struct looking *looking, enum way way, const char *name)
{
    size_t length = strlen(name);
    if (length >= SOURCE_NAME)
        name += length - SOURCE_NAME + 1;
    looking->error.kind = ERROR_NONE;
    return (struct source){.way = way, .name = name, .error = &looking->error};
}

int source_keep(struct looking *looking, struct source *source, struct error *err)
{
    struct survey *survey = looking->survey;
    if (source->finding == FOUND_BROKEN && source->error->kind == ERROR_ENDING) {
        *err = *source->error;
        return -1;
    }
    if (survey->count == survey->room) {
        size_t room = survey->room ? survey->room * 2 : 16;
        struct source *sources = reallocarray(survey->sources, room, sizeof *sources);
        if (!sources) {
            ring_free(&source->ring);
            return error_sys(err, "cannot hold the sources");
        }
        survey->sources = sources;
        survey->room = room;
    }
    looking->decided |= source->finding == FOUND_KEYS || source->finding == FOUND_SECRET ||
                        source->finding == FOUND_BROKEN;
    struct source *kept = &survey->sources[survey->count++];
    *kept = *source;
    kept->error = source->finding == FOUND_BROKEN ? malloc(sizeof *kept->error) : NULL;
    if (kept->error)
        *kept->error = *source->error;
    else if (source->finding == FOUND_BROKEN)
        return error_sys(err, "cannot hold what is wrong with %s", source->name);
    return 0;
}

const char *source_key_cure(enum way way)
{
    if (way == WAY_STORE)
        return "restore the file from a backup: no key is made in its place";
    if (way == WAY_CFG)
        return "correct that line of the file";
    return "give the whole key, or, if nothing was encrypted yet, make one with \"fernit key "
           "generate\"";
}

void source_take_keys(struct source *source, const char *where, const char *text, size_t length)
{
    if (ring_parse(&source->ring, text, length, source->error) == 0) {
        source->finding = FOUND_KEYS;
        return;
    }
    ring_free(&source->ring);
    source->finding = FOUND_BROKEN;
    error_within(source->error, "%s", where);
    error_advise(source->error, "%s", source_key_cure(source->way));
}

void source_run_command(struct source *source, const struct looking *looking, const char *command)
{
    const struct survey_places *places = looking->places;
    struct key_command request = {
        .text = command,
        .environment = places->environment,
        .store_path = places->store->path,
        .timeout = places->command_timeout,
        .signals = places->signals,
        .may_run = places->commands == RUN_COMMANDS_NEEDED && !looking->decided,
    };
    _cleanup_secret_ struct secret output = {0};
    if (places->in_command) {
        source->finding = FOUND_OWN_STORE;
        return;
    }
    source->finding = FOUND_BROKEN;
    if (ring_is_text(command)) {
        error_input(source->error, "%s: holds a key, where a command belongs; put it into %s",
                    source->name, FERNET_BARE);
        return;
    }
    switch (key_command_run(&request, &output, source->error)) {
    case KEY_COMMAND_RAN:
        if (!text_is_blank(output.bytes)) {
            source->by_command = true;
            source_take_keys(source, source->name, output.bytes, output.length);
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
    error_advise(source->error, "run it by hand and see; a slow one needs a longer --cmd-timeout");
}
