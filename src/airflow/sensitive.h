/* Airflow's sensitive options. They have a ..._CMD and a ..._SECRET, and with fernit a ..._FILE.
 *
 * The list has every option that one of these sources calls sensitive, old names included:
 *
 *   - Airflow 1.10 to 2.5: the set `sensitive_config_values` in airflow/configuration.py (before 1.10.12
 *     `as_command_stdout`);
 *   - Airflow 2.3 to 3.4: `sensitive: true` in airflow/config_templates/config.yml, and the old names of such
 *     options in `deprecated_options` in configuration.py;
 *   - the providers: `sensitive: true` below `config` in provider.yaml (celery, keycloak, opensearch; the others
 *     have none).
 *
 * And three options that no version calls sensitive, but that can contain a secret: [api] auth_jwt_secret (before
 * 3.0 was released), [celery] result_backend_sqlalchemy_engine_options, [smtp] smtp_user.
 *
 * From Airflow 3.1 on a team may have an option of its own: AIRFLOW__TEAM___CELERY__BROKER_URL (`_env_var_name` in
 * configuration.py). It has ..._CMD and ..._SECRET as the option of all teams has, and so it has ..._FILE.
 *
 * The managed secrets (airflow/managed.h) are not in the list, because they have sources of their own. No other
 * option is in it, because the names of some options end in ..._file.
 */
#pragma once

#include <stdbool.h>

enum { SENSITIVE_NAME = 160 }; /* a team's name has at most 50 characters */

struct sensitive_variable {
    char name[SENSITIVE_NAME]; /* AIRFLOW__SECTION__OPTION, or AIRFLOW__TEAM___SECTION__OPTION */
    bool is_json;              /* JSON: may have line breaks */
};

/* Whether this assignment sets the ..._FILE of a sensitive option ("AIRFLOW__SMTP__SMTP_PASSWORD_FILE=/f"). If so,
 * fills *variable with the option's own variable. */
bool sensitive_file(const char *assignment, struct sensitive_variable *variable);
