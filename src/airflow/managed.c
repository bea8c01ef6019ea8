#include "airflow/managed.h"

#include <limits.h>

#include "airflow/names.h"
#include "airflow/version.h"
#include "base/environment.h"

#define MOUNTED "/run/secrets/"
#define OPTION(variable, section, option, label, ...)                                              \
    {                                                                                              \
        variable, variable "_CMD", variable "_SECRET", variable "_FILE", section, option,          \
            option "_cmd", option "_secret", "# fernit keeps this beside " option "_cmd", label,   \
            __VA_ARGS__                                                                            \
    }

const struct managed managed_secrets[MANAGED_COUNT] = {
    {
        .name = "fernet_key",
        .title = "Fernet key",
        .bytes = 32,
        .options = {OPTION(FERNET_VARIABLE, "core", "fernet_key", "fernet_key", .until = INT_MAX,
                           .by_default = true)},
        .bare = FERNET_BARE,
        .bare_file = FERNET_BARE "_FILE",
        .mounted = {MOUNTED "fernet_key", MOUNTED FERNET_BARE, MOUNTED FERNET_VARIABLE,
                    MOUNTED "airflow_fernet_key"},
    },
    /* One secret under two names. */
    {
        .name = "secret_key",
        .title = "secret key of the web server",
        .is_value = true,
        .replaceable = true,
        .bytes = 32,
        .options = {OPTION("AIRFLOW__WEBSERVER__SECRET_KEY", "webserver", "secret_key",
                           "[webserver] secret_key", .until = AIRFLOW(3, 0, 2), .by_default = true,
                           .stays_hidden = true),
                    OPTION("AIRFLOW__API__SECRET_KEY", "api", "secret_key", "[api] secret_key",
                           .since = AIRFLOW(3, 0, 2), .until = INT_MAX)},
        .mounted = {MOUNTED "AIRFLOW__WEBSERVER__SECRET_KEY", MOUNTED "AIRFLOW__API__SECRET_KEY",
                    MOUNTED "airflow_secret_key"},
    },
    {
        .name = "jwt_secret",
        .title = "JWT secret",
        .is_value = true,
        .replaceable = true,
        .bytes = 64,
        .options = {OPTION("AIRFLOW__API_AUTH__JWT_SECRET", "api_auth", "jwt_secret", "jwt_secret",
                           .since = AIRFLOW(3, 0, 0), .until = INT_MAX, .by_default = true)},
        .mounted = {MOUNTED "AIRFLOW__API_AUTH__JWT_SECRET", MOUNTED "airflow_jwt_secret"},
    },
    {
        .name = "internal_api_secret_key",
        .title = "secret key of the internal API",
        .is_value = true,
        .replaceable = true,
        .bytes = 32,
        .options = {OPTION("AIRFLOW__CORE__INTERNAL_API_SECRET_KEY", "core",
                           "internal_api_secret_key", "internal_api_secret_key",
                           .since = AIRFLOW(2, 10, 0), .until = AIRFLOW(3, 0, 0))},
        .mounted = {MOUNTED "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY",
                    MOUNTED "airflow_internal_api_secret_key"},
    },
};

enum managed_use managed_use(const struct managed_option *option, int version)
{
    if (version == AIRFLOW_UNKNOWN)
        return option->by_default ? MANAGED_DELIVERED : MANAGED_SHOWN;
    if (version >= option->since && version < option->until)
        return MANAGED_DELIVERED;
    return version >= option->until && option->stays_hidden ? MANAGED_IN_STEP : MANAGED_SHOWN;
}

bool managed_is_left_out(const struct managed_option *option, int version)
{
    return version != AIRFLOW_UNKNOWN && managed_use(option, version) == MANAGED_SHOWN;
}

bool managed_is_read(const struct managed *secret, int version)
{
    for (const struct managed_option *option = secret->options; option->variable; option++)
        if (managed_use(option, version) == MANAGED_DELIVERED)
            return true;
    return false;
}

size_t managed_rank(const struct managed *secret, int version, size_t rank)
{
    bool second_first = secret->options[1].variable &&
                        managed_use(&secret->options[0], version) != MANAGED_DELIVERED &&
                        managed_use(&secret->options[1], version) == MANAGED_DELIVERED;
    return second_first ? 1 - rank : rank;
}

const char *managed_variable(const struct managed *secret, int version)
{
    return secret->options[managed_rank(secret, version, 0)].variable;
}

bool managed_is_given(const struct managed_option *option, char *const *environment)
{
    return environment_get(environment, option->variable) ||
           environment_get(environment, option->variable_command) ||
           environment_get(environment, option->variable_file);
}
