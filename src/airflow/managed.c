#include "airflow/managed.h"

#include "airflow/names.h"

#define MOUNTED "/run/secrets/"

const struct managed managed_secrets[MANAGED_COUNT] = {
    {
        .name = "fernet_key",
        .title = "Fernet key",
        .bytes = 32,
        .places = {{"core", "fernet_key", FERNET_VARIABLE}},
        .bare = FERNET_BARE,
        .mounted = {MOUNTED "fernet_key", MOUNTED FERNET_BARE, MOUNTED FERNET_VARIABLE,
                    MOUNTED "airflow_fernet_key"},
    },
    /* One secret under two names: [webserver] until Airflow 2, [api] from 3 on. */
    {
        .name = "secret_key",
        .title = "secret key of the web server",
        .is_value = true,
        .replaceable = true,
        .bytes = 32,
        .places = {{"webserver", "secret_key", "AIRFLOW__WEBSERVER__SECRET_KEY"},
                   {"api", "secret_key", "AIRFLOW__API__SECRET_KEY"}},
        .mounted = {MOUNTED "AIRFLOW__WEBSERVER__SECRET_KEY", MOUNTED "AIRFLOW__API__SECRET_KEY",
                    MOUNTED "airflow_secret_key"},
    },
    {
        .name = "jwt_secret",
        .title = "JWT secret",
        .is_value = true,
        .replaceable = true,
        .bytes = 64,
        .places = {{"api_auth", "jwt_secret", "AIRFLOW__API_AUTH__JWT_SECRET"}},
        .mounted = {MOUNTED "AIRFLOW__API_AUTH__JWT_SECRET", MOUNTED "airflow_jwt_secret"},
    },
    /* Of Airflow 2.10 and 2.11 alone. */
    {
        .name = "internal_api_secret_key",
        .title = "secret key of the internal API",
        .is_value = true,
        .replaceable = true,
        .bytes = 32,
        .places = {{"core", "internal_api_secret_key", "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY"}},
        .mounted = {MOUNTED "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY",
                    MOUNTED "airflow_internal_api_secret_key"},
    },
};
