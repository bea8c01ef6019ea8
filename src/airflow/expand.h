/* Expands variables in values, as Airflow's expand_env_var does. */
#pragma once

#include <stdbool.h>

#include "base/secret.h"

struct error;

/* Replaces $NAME and ${NAME} in *value by variables of `environment`, and "~" or "~user" at its start by that home
 * directory, until nothing changes. An unset variable stays as text: the value is then "$FERNET_KEY".
 * airflow/configuration.py expand_env_var; Python's os.path.expandvars and os.path.expanduser.
 *
 * Returns 0, or -1: ERROR_INPUT if it would never end (A=$B, B=$A; Airflow would hang) or the value
 * grows beyond 64 KiB; ERROR_SYSTEM. */
int airflow_expand(struct secret *value, char *const *environment, struct error *err);

/* Whether the text has a variable or "~": if not, it is the same in every environment. */
bool airflow_expands(const char *text);
