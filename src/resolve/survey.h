/* A survey reads every source that may hold a secret, each once, in the order of precedence.
 *
 * It reads files and runs commands, and writes nothing. resolve/decide.h decides what the findings mean.
 *
 * A new source is a value in enum source_kind (resolve/sources.h) and a step in add_outside() in resolve/survey.c, or in
 * survey_cfg() in resolve/survey_cfg.c for one in airflow.cfg. The step fills a struct source with the functions of
 * resolve/survey_state.h.
 */
#pragma once

#include "resolve/sources.h"

/* Reads all of them. A fault of a source is a finding, not an error of the survey.
 * Returns 0, or -1: ERROR_ENDING while a command ran, ERROR_SYSTEM (memory). */
int survey_all(const struct survey_input *input, struct survey *survey, struct error *err);

/* Reads the store again, and no other source: for a caller that has taken its lock since. As survey_all. */
int survey_store_again(const struct survey_input *input, struct survey *survey, struct error *err);

/* What Airflow would find in this option of airflow.cfg in a process with `environment`. *is_plain says whether that
 * is the same in every environment; ring->is_value must be the secret's.
 * Returns a finding: absent, empty, keys, broken (*err), placeholder. */
enum finding survey_cfg_key(const struct cfg *cfg, const struct managed_option *option,
                            char *const *environment, struct ring *ring, bool *is_plain,
                            struct error *err);
