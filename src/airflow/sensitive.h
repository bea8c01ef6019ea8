/* Airflow's sensitive options: those that take ..._CMD and ..._SECRET, and, by fernit, ..._FILE.
 *
 * They are the ones that config.yml calls sensitive in Airflow 1.10 to 3.0, the deprecated names among
 * them. The managed secrets are not in the list, since they have sources of their own: [core] fernet_key
 * and internal_api_secret_key, [webserver] and [api] secret_key, [api_auth] jwt_secret. Nor is anything
 * else: some options are legitimately called ..._file.
 */
#pragma once

#include <stdbool.h>

struct sensitive_option {
    const char *variable; /* AIRFLOW__SECTION__OPTION */
    bool is_json;         /* a line break in it means nothing */
};

/* The option whose ..._FILE variable this assignment sets ("AIRFLOW__SMTP__SMTP_PASSWORD_FILE=/f"), or
 * NULL where it is another variable. */
const struct sensitive_option *sensitive_file_option(const char *assignment);
