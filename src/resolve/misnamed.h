/* Variables that look as if they held a secret of Airflow's, under a name that neither Airflow nor fernit reads.
 *
 * Names are compared by their letters alone, in upper case: FERNET_KEY_2, fernet_key and bitnami's
 * AIRFLOW_RAW_FERNET_KEY look like the Fernet key's. A key under a misspelt name still exists. If fernit created
 * another one, stored connections would become unreadable. */
#pragma once

struct managed;

/* Airflow before 2.0 gives these variables to its pods, which decrypt with a Fernet key in them. */
#define MISNAMED_FOR_PODS "AIRFLOW__KUBERNETES_ENVIRONMENT_VARIABLES__"

/* The first such "NAME=value" for this secret, or NULL. Blank values are ignored. A variable of the Fernet key is
 * found wherever the letters are in its name; those of the other secrets only where the name begins with AIRFLOW__ or
 * is near a name that is read. Airflow's variables and connections (AIRFLOW_VAR_..., AIRFLOW_CONN_...) are left out,
 * and references that Airflow before 2.0 gives to pods (AIRFLOW__KUBERNETES_SECRETS__...). Pure. */
const char *misnamed_secret(char *const *environment, const struct managed *secret);
