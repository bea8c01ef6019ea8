#include "airflow/managed.h"

#include "airflow/names.h"

#define MOUNTED "/run/secrets/"
#define PLACE(variable, section, option, label)                                                    \
    {                                                                                              \
        variable, variable "_CMD", variable "_SECRET", variable "_FILE", section, option,          \
            option "_cmd", option "_secret", label                                                 \
    }

const struct managed managed_secrets[MANAGED_COUNT] = {
    {
        .name = "fernet_key",
        .title = "Fernet key",
        .bytes = 32,
        .places = {PLACE(FERNET_VARIABLE, "core", "fernet_key", "fernet_key")},
        .bare = FERNET_BARE,
        .bare_file = FERNET_BARE "_FILE",
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
        .places = {PLACE("AIRFLOW__WEBSERVER__SECRET_KEY", "webserver", "secret_key",
                         "[webserver] secret_key"),
                   PLACE("AIRFLOW__API__SECRET_KEY", "api", "secret_key", "[api] secret_key")},
        .mounted = {MOUNTED "AIRFLOW__WEBSERVER__SECRET_KEY", MOUNTED "AIRFLOW__API__SECRET_KEY",
                    MOUNTED "airflow_secret_key"},
    },
    {
        .name = "jwt_secret",
        .title = "JWT secret",
        .is_value = true,
        .replaceable = true,
        .bytes = 64,
        .places = {PLACE("AIRFLOW__API_AUTH__JWT_SECRET", "api_auth", "jwt_secret", "jwt_secret")},
        .mounted = {MOUNTED "AIRFLOW__API_AUTH__JWT_SECRET", MOUNTED "airflow_jwt_secret"},
    },
    /* Of Airflow 2.10 and 2.11 alone. */
    {
        .name = "internal_api_secret_key",
        .title = "secret key of the internal API",
        .is_value = true,
        .replaceable = true,
        .bytes = 32,
        .places = {PLACE("AIRFLOW__CORE__INTERNAL_API_SECRET_KEY", "core",
                         "internal_api_secret_key", "internal_api_secret_key")},
        .mounted = {MOUNTED "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY",
                    MOUNTED "airflow_internal_api_secret_key"},
    },
};
