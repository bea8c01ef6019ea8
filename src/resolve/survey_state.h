/* What the files of the survey share: a source is begun, filled, and added to the survey. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "airflow/names.h"
#include "resolve/sources.h"

/* The survey so far. */
struct survey_state {
    const struct survey_input *input;
    struct survey *survey;
    bool decided;       /* an earlier source holds a value, or is broken */
    struct error error; /* of the source that is being read */
};

/* Begins a source, which is absent so far. The name is borrowed; of a name that is too long only the end is used. The
 * source's error is the one in `state` until it is added. */
struct source source_named(struct survey_state *state, enum source_kind kind, const char *name);

/* Adds the source to the survey. A broken one gets a copy of its error. Returns 0, or -1: ERROR_ENDING where a signal
 * ended its command, ERROR_SYSTEM. */
int survey_add(struct survey_state *state, struct source *source, struct error *err);

/* Reads the source's keys from a text: FOUND_KEYS, or FOUND_BROKEN with an error that begins with `where`. */
void source_take_keys(const struct survey_state *state, struct source *source, const char *where,
                      const char *text, size_t length);

/* Reads them from a ..._CMD. It is run only where that is allowed, and where it does not just read fernit's own
 * store. */
void source_run_command(struct source *source, const struct survey_state *state,
                        const char *command);

/* Adds the hint `cure`, or the hint that the error's errno gives (error_remedy). */
void source_advise(struct error *error, const char *cure);

/* Adds the hint for a text that is no key, and the error's id. */
void source_advise_key(struct error *error, const struct managed *secret, enum source_kind kind);

/* Lists the retired keys where they matter: a source has a key that the store lacks, or the store has no ring now, or
 * had none in the first survey. Returns 0, or -1 as store_retired_list. */
int survey_retired(struct survey_state *state, bool may_be_there, struct error *err);

/* The sources in airflow.cfg. */
int survey_cfg(struct survey_state *state, struct error *err);
