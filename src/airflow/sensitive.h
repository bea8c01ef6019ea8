/* Airflow's sensitive options: those that take ..._CMD and ..._SECRET, and, with fernit, ..._FILE.
 *
 * The list is every option that one of these calls sensitive, old names included:
 *
 *   - Airflow 1.10 to 2.5: the set `sensitive_config_values` in airflow/configuration.py (before 1.10.12 `as_command_stdout`);
 *   - Airflow 2.3 to 3.4: `sensitive: true` in airflow/config_templates/config.yml, and the old name that `deprecated_options`
 *     in configuration.py gives to such an option;
 *   - the providers: `sensitive: true` below `config` in provider.yaml (celery, keycloak, opensearch; no other one has any).
 *
 * No version calls these three sensitive, but they can hold a secret or a part of one: [api] auth_jwt_secret (before 3.0 was
 * released), [celery] result_backend_sqlalchemy_engine_options, [smtp] smtp_user.
 *
 * From Airflow 3.1 on a team may have an option of its own: AIRFLOW__TEAM___CELERY__BROKER_URL (`_env_var_name` in
 * configuration.py). It takes ..._CMD and ..._SECRET like the option that all teams have, so it takes ..._FILE.
 *
 * The managed secrets are not in the list, since they have sources of their own: [core] fernet_key
 * and internal_api_secret_key, [webserver] and [api] secret_key, [api_auth] jwt_secret. Nor is anything
 * else: some options are legitimately called ..._file.
 */
#pragma once

#include <stdbool.h>

enum { SENSITIVE_NAME = 160 }; /* a team's name has at most 50 characters */

struct sensitive_variable {
    char name[SENSITIVE_NAME]; /* AIRFLOW__SECTION__OPTION, or AIRFLOW__TEAM___SECTION__OPTION */
    bool is_json;              /* a line break in it means nothing */
};

/* Whether this assignment sets the ..._FILE of a sensitive option ("AIRFLOW__SMTP__SMTP_PASSWORD_FILE=/f"). If so, *variable is
 * the option's own variable. */
bool sensitive_file(const char *assignment, struct sensitive_variable *variable);
