/* Variables that look as if they held Airflow's Fernet key, under a name that neither Airflow nor fernit reads: bitnami's
 * (AIRFLOW_FERNET_KEY, AIRFLOW_FERNET_KEY_FILE, AIRFLOW_RAW_FERNET_KEY), or one that was mistyped (AIRFLOW_CORE_FERNET_KEY).
 * Where one of them holds the key, a new one made beside it would make unreadable what that has encrypted. */
#pragma once

/* The first such "NAME=value" whose value is not blank, or NULL. Those of Airflow's own variables and connections
 * (AIRFLOW_VAR_..., AIRFLOW_CONN_...) are none. Pure. */
const char *misnamed_key(char *const *environment);
