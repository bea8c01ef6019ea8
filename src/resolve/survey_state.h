/* What the parts of the survey share: how a source is begun, filled and kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "airflow/names.h"
#include "resolve/sources.h"

/* The survey so far. */
struct survey_state {
    const struct survey_input *input;
    struct survey *survey;
    bool decided;       /* a source before this one holds a value, or is broken */
    struct error error; /* of the source that is being looked at */
};

/* A source that was not found yet. Its name is borrowed; of one that is too long it has the end. Its
 * error is the one in `state` until it is kept. */
struct source source_named(struct survey_state *state, enum way way, const char *name);

/* Takes it over into the survey, if it is broken with an error of its own. Returns 0, or -1 where a signal
 * asked to end (ERROR_ENDING), or with ERROR_SYSTEM. */
int source_keep(struct survey_state *state, struct source *source, struct error *err);

/* Reads its keys from a text: FOUND_KEYS, or FOUND_BROKEN with an error that begins with `where`. */
void source_take_keys(const struct survey_state *state, struct source *source, const char *where,
                      const char *text, size_t length);

/* Gets them from a ..._CMD, running it if it may be run and is not our own store's. */
void source_run_command(struct source *source, const struct survey_state *state,
                        const char *command);

/* Says what to do: `cure`, or, where its errno tells of another trouble, what helps against that. */
void source_advise(struct error *error, const char *cure);

/* Says what to do about a text that is no key, in a hint, unless the message says it. */
void source_advise_key(struct error *error, const struct managed *secret, enum way way);

/* Lists the retired keys where they matter: where a source has a key that the store lacks, or the store has none, or had
 * none at the first look. Returns 0, or -1 as store_retired_list. */
int survey_retired(struct survey_state *state, bool may_be_there, struct error *err);

/* The sources in airflow.cfg. */
int survey_cfg(struct survey_state *state, struct error *err);
