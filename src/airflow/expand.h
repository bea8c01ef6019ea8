/* Variables in values, as Airflow's expand_env_var replaces them. */
#pragma once

#include <stdbool.h>

#include "base/secret.h"

struct error;

/* Replaces $NAME and ${NAME} in *value from `environment`, and a "~" or "~user" at its start by that
 * home, again and again until nothing changes. A name that is not set stays as it
 * stands: "$FERNET_KEY" is then the value.
 * airflow/configuration.py expand_env_var; Python's os.path.expandvars and os.path.expanduser.
 *
 * Returns 0, or -1: ERROR_INPUT where it would never end (A=$B, B=$A; Airflow would hang) or grows
 * beyond 64 KiB; ERROR_SYSTEM. */
int airflow_expand(struct secret *value, char *const *environment, struct error *err);

/* Whether it has anything to replace: if not, the value is the same in every environment. */
bool airflow_expands(const char *text);
