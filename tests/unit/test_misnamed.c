#include "resolve/misnamed.h"

#include "airflow/managed.h"
#include "table.h"

static void a_key_under_a_name_that_nobody_reads_is_found(void **state)
{
    (void)state;
    static const struct {
        char *assignment;
        bool is_found;
    } table[] = {
        {"AIRFLOW_FERNET_KEY=k", true},
        {"AIRFLOW_FERNET_KEY_FILE=/k", true},
        {"AIRFLOW_RAW_FERNET_KEY=k", true},
        {"AIRFLOW_CORE_FERNET_KEY=k", true},
        {"AIRFLOW__CORE__FERNET_KEYS=k", true},
        {"AIRFLOW__CORE_FERNET_KEY=k", true},
        {"AIRFLOW_FERNET_KEY=", false},
        {"AIRFLOW_FERNET_KEY= \n", false},
        {"AIRFLOW__CORE__FERNET_KEY=k", false},
        {"AIRFLOW__CORE__FERNET_KEY_CMD=k", false},
        {"AIRFLOW__CORE__FERNET_KEY_SECRET=k", false},
        {"AIRFLOW__CORE__FERNET_KEY_FILE=k", false},
        {"FERNET_KEY=k", false},
        {"FERNET_KEY_FILE=k", false},
        {"AIRFLOW_VAR_FERNET_KEY=k", false},
        {"AIRFLOW_CONN_FERNET_KEY=k", false},
        {"SUPERSET_FERNET_KEY=k", true},
        {"FERNET_KEY_CMD=k", true},
        {"FERNET_KEY_SECRET=k", true},
        {"FERNET_KEYS=k", true},
        {"FERNET_KEY_FILES=k", true},
        {"FERNET_KEY_2=k", true},
        {"FERNETKEY=k", true},
        {"fernet_key=k", true},
        {"Fernet_Key=k", true},
        {"AIRFLOW__CORE__FERNETKEY=k", true},
        {"FERNIT_FERNET_KEY=k", true},
        {"FERNIT_KEY_FILE=/k", true},
        {"FERNIT_STORE=/k", false},
        {"FERNET=k", false},
        {"AIRFLOW__KUBERNETES_SECRETS__AIRFLOW__CORE__FERNET_KEY=airflow=fernet", false},
        {"AIRFLOW__KUBERNETES_ENVIRONMENT_VARIABLES__AIRFLOW__CORE__FERNET_KEY=k", false},
        {"AIRFLOW__KUBERNETES_ENVIRONMENT_VARIABLES__AIRFLOW__CORE__FERNET_KEY="
         "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
         true},
        {"AIRFLOW_HOME=FERNET_KEY", false},
        {"AIRFLOW_FERNET_KEY", false},
        {"=AIRFLOW_FERNET_KEY", false},
        {"", false},
    };
    foreach(row, table) {
        char *environment[] = {"PATH=/bin", row->assignment, NULL};
        const char *found = misnamed_secret(environment, MANAGED_FERNET_KEY);
        if (found != (row->is_found ? row->assignment : NULL))
            fail_msg("%s: %s", row->assignment, found ? "found" : "not found");
    }
}

static void another_secret_is_looked_for_in_names_of_airflow(void **state)
{
    (void)state;
    static const struct {
        size_t secret;
        char *assignment;
        bool is_found;
    } table[] = {
        {2, "AIRFLOW__SECRETS__JWT_SECRET=s", true},
        {2, "AIRFLOW__CORE__JWT_SECRET=s", true},
        {2, "AIRFLOW_JWT_SECRET=s", true},
        {2, "AIRFLOW__API_AUTH__JWT_SECRET=s", false},
        {2, "AIRFLOW__API_AUTH__JWT_SECRET_FILE=s", false},
        {2, "AIRFLOW__SECRETS__JWT_SECRET= ", false},
        {2, "JWT_SECRET=s", false},
        {1, "AIRFLOW__CORE__SECRET_KEY=s", true},
        {1, "AIRFLOW_SECRET_KEY=s", true},
        {1, "AIRFLOW__WEBSERVER__SECRET_KEY_CMD=s", false},
        {1, "AIRFLOW__API__SECRET_KEY=s", false},
        {1, "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY=s", false},
        {1, "AWS_SECRET_KEY=s", false},
        {3, "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY=s", false},
        {3, "AIRFLOW__INTERNAL_API__SECRET_KEY=s", true},
    };
    foreach(row, table) {
        char *environment[] = {"PATH=/bin", row->assignment, NULL};
        const char *found = misnamed_secret(environment, &managed_secrets[row->secret]);
        if (found != (row->is_found ? row->assignment : NULL))
            fail_msg("%s: %s", row->assignment, found ? "found" : "not found");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_under_a_name_that_nobody_reads_is_found),
        cmocka_unit_test(another_secret_is_looked_for_in_names_of_airflow),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
