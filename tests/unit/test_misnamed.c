#include "resolve/misnamed.h"

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
        {"SUPERSET_FERNET_KEY=k", false},
        {"AIRFLOW_HOME=FERNET_KEY", false},
        {"AIRFLOW_FERNET_KEY", false},
        {"=AIRFLOW_FERNET_KEY", false},
        {"", false},
    };
    foreach(row, table) {
        char *environment[] = {"PATH=/bin", row->assignment, NULL};
        const char *found = misnamed_key(environment);
        if (found != (row->is_found ? row->assignment : NULL))
            fail_msg("%s: %s", row->assignment, found ? "found" : "not found");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_under_a_name_that_nobody_reads_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
