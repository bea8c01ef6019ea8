/* The path of airflow.cfg. airflow/configuration.py get_airflow_home, get_airflow_config */
#pragma once

#include "base/secret.h"

struct error;

/* Appends the path of airflow.cfg: $AIRFLOW_CONFIG, else airflow.cfg in $AIRFLOW_HOME, else in
 * ~/airflow; variables and "~" expanded as Airflow expands them.
 *
 * Returns 0, or -1: ERROR_INPUT if AIRFLOW_CONFIG is set but empty (Airflow would open a file without a name),
 * cannot be expanded, or may be a secret (shown_path); ERROR_SYSTEM. */
int airflow_cfg_path(char *const *environment, struct secret *path, struct error *err);
