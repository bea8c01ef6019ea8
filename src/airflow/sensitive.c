#include "airflow/sensitive.h"

#include <stddef.h>
#include <string.h>

static const struct sensitive_option options[] = {
    {"AIRFLOW__CORE__SQL_ALCHEMY_CONN", false}, /* before 2.3 */
    {"AIRFLOW__CORE__DATASET_MANAGER_KWARGS", true},
    {"AIRFLOW__CORE__ASSET_MANAGER_KWARGS", true},
    {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", false},
    {"AIRFLOW__DATABASE__SQL_ALCHEMY_ENGINE_ARGS", true},
    {"AIRFLOW__CELERY__BROKER_URL", false},
    {"AIRFLOW__CELERY__RESULT_BACKEND", false},
    {"AIRFLOW__CELERY__FLOWER_BASIC_AUTH", false},
    {"AIRFLOW__CELERY__RESULT_BACKEND_SQLALCHEMY_ENGINE_OPTIONS", true},
    {"AIRFLOW__API__AUTH_JWT_SECRET", false},
    {"AIRFLOW__SECRETS__BACKEND_KWARGS", true},
    {"AIRFLOW__SMTP__SMTP_USER", false},
    {"AIRFLOW__SMTP__SMTP_PASSWORD", false},
    {"AIRFLOW__SENTRY__SENTRY_DSN", false},
    {"AIRFLOW__LOGGING__REMOTE_TASK_HANDLER_KWARGS", true},
    {"AIRFLOW__ATLAS__PASSWORD", false},
    {"AIRFLOW__LDAP__BIND_PASSWORD", false},
};

const struct sensitive_option *sensitive_file_option(const char *assignment)
{
    if (strncmp(assignment, "AIRFLOW__", 9) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        size_t length = strlen(options[i].variable);
        if (strncmp(assignment, options[i].variable, length) == 0 &&
            strncmp(assignment + length, "_FILE=", 6) == 0)
            return &options[i];
    }
    return NULL;
}
