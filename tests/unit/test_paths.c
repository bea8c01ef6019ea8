#include "airflow/paths.h"

#include "table.h"

static const struct {
    int line;
    const char *path;
    char *environment[4];
} right[] = {
    {ROW, "/h/airflow/airflow.cfg", {"HOME=/h"}},
    {ROW, "/h/airflow/airflow.cfg", {"HOME=/h/"}},
    {ROW, "/opt/airflow/airflow.cfg", {"HOME=/h", "AIRFLOW_HOME=/opt/airflow"}},
    {ROW, "/opt/airflow/airflow.cfg", {"AIRFLOW_HOME=/opt/airflow/"}},
    {ROW, "/airflow.cfg", {"AIRFLOW_HOME=/"}},
    {ROW, "airflow/airflow.cfg", {"AIRFLOW_HOME=airflow"}},
    {ROW, "airflow.cfg", {"HOME=/h", "AIRFLOW_HOME="}},
    {ROW, "/h/a/airflow.cfg", {"HOME=/h", "AIRFLOW_HOME=~/a"}},
    {ROW, "/base/a/airflow.cfg", {"BASE=/base", "AIRFLOW_HOME=$BASE/a"}},
    {ROW, "/base/airflow.cfg", {"BASE=/base/", "AIRFLOW_HOME=${BASE}"}},
    {ROW, "${B}/a/airflow.cfg", {"AIRFLOW_HOME=${B}/a"}},
    {ROW, "/etc/x.cfg", {"HOME=/h", "AIRFLOW_HOME=/opt/airflow", "AIRFLOW_CONFIG=/etc/x.cfg"}},
    {ROW, "/h/x.cfg", {"HOME=/h", "AIRFLOW_CONFIG=~/x.cfg"}},
    {ROW, "/opt/x.cfg", {"AIRFLOW_HOME=/opt", "AIRFLOW_CONFIG=$AIRFLOW_HOME/x.cfg"}},
    {ROW, "x.cfg", {"AIRFLOW_CONFIG=x.cfg"}},
    {ROW, "/etc/a b/", {"AIRFLOW_CONFIG=/etc/a b/"}},
    {ROW, "/h/airflow/airflow.cfg", {"HOME=/h", "AIRFLOW_CONFIG_=/x", "airflow_home=/x"}},
};

static const struct {
    int line;
    const char *says;
    char *environment[4];
} wrong[] = {
    {ROW, "AIRFLOW_CONFIG is set but empty", {"HOME=/h", "AIRFLOW_CONFIG="}},
    {ROW, "AIRFLOW_CONFIG is set but empty", {"AIRFLOW_HOME=/opt", "AIRFLOW_CONFIG="}},
    {ROW, "AIRFLOW_CONFIG: ", {"AIRFLOW_CONFIG=$A", "A=$B", "B=$A"}},
    {ROW, "AIRFLOW_HOME: ", {"AIRFLOW_HOME=x$A", "A=y$A"}},
    {ROW, "leads to nothing", {"AIRFLOW_HOME=${BASE}/a"}},
    {ROW, "AIRFLOW_HOME does not begin with", {"AIRFLOW_HOME=$AIRFLOW_HOME"}},
    {ROW, "AIRFLOW_CONFIG does not begin with", {"AIRFLOW_CONFIG=nine4567.cfg"}},
};

static void finds_the_file_where_airflow_does(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        _cleanup_secret_ struct secret path = {0};
        if (airflow_cfg_path(row->environment, &path, &err) != 0)
            fail_row(row, "refused: %s", err.message);
        if (strcmp(path.bytes, row->path) != 0)
            fail_row(row, "got %s", path.bytes);
    }
}

static void names_the_variable_that_leads_nowhere(void **state)
{
    (void)state;
    foreach(row, wrong) {
        struct error err = {0};
        _cleanup_secret_ struct secret path = {0};
        if (airflow_cfg_path(row->environment, &path, &err) != -1)
            fail_row(row, "got %s", path.bytes);
        if (!error_says(&err, ERROR_INPUT, row->says))
            fail_row(row, "says %s", err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_file_where_airflow_does),
        cmocka_unit_test(names_the_variable_that_leads_nowhere),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
