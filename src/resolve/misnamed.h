/* Variables that look as if they held a secret of Airflow, under a name that Airflow and fernit do not read.
 *
 * A name counts by its letters alone, in upper case: FERNET_KEY_2, fernet_key and bitnami's AIRFLOW_RAW_FERNET_KEY are the
 * Fernet key's. Where one of them holds the key, a new one created beside it would make unreadable what that has encrypted. */
#pragma once

struct managed;

/* What Airflow before 2.0 gives to its pods: a whole Fernet key in it is one that pods decrypt with. */
#define MISNAMED_FOR_PODS "AIRFLOW__KUBERNETES_ENVIRONMENT_VARIABLES__"

/* The first such "NAME=value" for the secret whose value is not blank, or NULL. The Fernet key's letters are looked for in
 * every name, those of the others in names that begin with AIRFLOW__, or are near to one that is read. Airflow's own
 * variables and connections (AIRFLOW_VAR_..., AIRFLOW_CONN_...), and references that Airflow before 2.0 hands to pods
 * (AIRFLOW__KUBERNETES_SECRETS__...) are none. Pure. */
const char *misnamed_secret(char *const *environment, const struct managed *secret);
