#include "airflow/sensitive.h"

#include <string.h>

#include "base/lines.h"

static const struct {
    const char *name; /* SECTION__OPTION */
    bool is_json;
} options[] = {
    {"API__AUTH_JWT_SECRET", false},
    {"ATLAS__PASSWORD", false},
    {"CELERY_BROKER_TRANSPORT_OPTIONS__SENTINEL_KWARGS", true},
    {"CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS__SENTINEL_KWARGS", true},
    {"CELERY__BROKER_URL", false},
    {"CELERY__CELERY_RESULT_BACKEND", false},
    {"CELERY__FLOWER_BASIC_AUTH", false},
    {"CELERY__RESULT_BACKEND", false},
    {"CELERY__RESULT_BACKEND_SQLALCHEMY_ENGINE_OPTIONS", true},
    {"CORE__ASSET_MANAGER_KWARGS", true},
    {"CORE__DATASET_MANAGER_KWARGS", true},
    {"CORE__SQL_ALCHEMY_CONN", false},
    {"DATABASE__SQL_ALCHEMY_CONN", false},
    {"DATABASE__SQL_ALCHEMY_CONN_ASYNC", false},
    {"DATABASE__SQL_ALCHEMY_ENGINE_ARGS", true},
    {"KEYCLOAK_AUTH_MANAGER__CLIENT_SECRET", false},
    {"KUBERNETES__GIT_PASSWORD", false},
    {"LDAP__BIND_PASSWORD", false},
    {"LOGGING__REMOTE_TASK_HANDLER_KWARGS", true},
    {"OPENSEARCH__PASSWORD", false},
    {"OPENSEARCH__USERNAME", false},
    {"SECRETS__BACKEND_KWARGS", true},
    {"SENTRY__SENTRY_DSN", false},
    {"SMTP__SMTP_PASSWORD", false},
    {"SMTP__SMTP_USER", false},
    {"WORKERS__SECRETS_BACKEND_KWARGS", true},
};

/* A team's name and three underscores may be in front of the section. */
static bool sets_option(struct span variable, const char *option)
{
    size_t length = strlen(option);
    if (variable.length < length ||
        memcmp(variable.start + variable.length - length, option, length) != 0)
        return false;
    size_t team = variable.length - length;
    return team == 0 || (team > 3 && memcmp(variable.start + team - 3, "___", 3) == 0);
}

bool sensitive_file(const char *assignment, struct sensitive_variable *variable)
{
    static const char prefix[] = "AIRFLOW__";
    static const char suffix[] = "_FILE";
    size_t start = sizeof prefix - 1;
    size_t end = strcspn(assignment, "=");
    if (strncmp(assignment, prefix, start) != 0 || assignment[end] == '\0' ||
        end < start + sizeof suffix - 1 || end - (sizeof suffix - 1) >= sizeof variable->name)
        return false;
    end -= sizeof suffix - 1;
    if (memcmp(assignment + end, suffix, sizeof suffix - 1) != 0)
        return false;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (sets_option((struct span){assignment + start, end - start}, options[i].name)) {
            memcpy(variable->name, assignment, end);
            variable->name[end] = '\0';
            variable->is_json = options[i].is_json;
            return true;
        }
    return false;
}
