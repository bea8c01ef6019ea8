/* The environment in which the command runs. */
#pragma once

#include "base/environment.h"
#include "run/look.h"

struct error;

/* Builds it: ours without FERNIT_*, and for each secret that is managed (airflow/managed.h)
 *
 *   - where the environment delivers, the variables that this Airflow reads set to what was decided on
 *     (AIRFLOW__CORE__FERNET_KEY to the ring); FERNET_KEY, and an old name, kept in step if it was there; none that
 *     Airflow does not know and would show; where only airflow.cfg delivers, none of them;
 *   - in both cases none of ..._CMD, ..._SECRET and ..._FILE, which have been resolved and would come
 *     before airflow.cfg;
 *   - where Airflow resolves a ..._SECRET itself, as it was, without empty variables in its way.
 *
 * Returns 0, or -1 with ERROR_SYSTEM. The caller frees it. */
int child_environment(struct environment *environment, const struct context *context,
                      const struct look *look, struct error *err);
