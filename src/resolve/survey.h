/* Every place where a secret may stand, each looked at once, in the order in which they count.
 *
 * Looking reads files and runs commands; it writes nothing. What the findings mean is decided in
 * resolve/decide.h.
 */
#pragma once

#include "resolve/sources.h"

/* Looks at all of them. Faults of a source are findings, not errors of the survey.
 * Returns 0, or -1: ERROR_ENDING while a command ran, ERROR_SYSTEM (memory). */
int survey_all(const struct survey_input *input, struct survey *survey, struct error *err);

/* Looks at the store once more, and at nothing else: for who has got its lock since. As survey_all. */
int survey_store_again(const struct survey_input *input, struct survey *survey, struct error *err);

/* What airflow.cfg's own option at `place` holds for a process with `environment`: what Airflow would find
 * there. *is_plain says whether that is the same in every environment; ring->is_value is the secret's.
 * Returns a finding: absent, empty, keys, broken (*err), placeholder. */
enum finding survey_cfg_key(const struct cfg *cfg, const struct managed_option *place,
                            char *const *environment, struct ring *ring, bool *is_plain,
                            struct error *err);
