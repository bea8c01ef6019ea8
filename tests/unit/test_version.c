#include "airflow/version.h"

#include "base/error.h"
#include "base/ini.h"
#include "folder.h"

static const struct {
    int line;
    const char *text;
    int version;
} versions[] = {
    {ROW, "1.10.15", AIRFLOW(1, 10, 15)},
    {ROW, "2.10", AIRFLOW(2, 10, 0)},
    {ROW, "2.10.5", AIRFLOW(2, 10, 5)},
    {ROW, "3.0.2", AIRFLOW(3, 0, 2)},
    {ROW, "3.0.2rc1", AIRFLOW(3, 0, 2)},
    {ROW, "3.1.0.dev0", AIRFLOW(3, 1, 0)},
    {ROW, "2.11.0+astro.1", AIRFLOW(2, 11, 0)},
    {ROW, "3.1-python3.12", AIRFLOW(3, 1, 0)},
    {ROW, "3.0.2.dist-info", AIRFLOW(3, 0, 2)},
    {ROW, "", AIRFLOW_UNKNOWN},
    {ROW, "3", AIRFLOW_UNKNOWN},
    {ROW, "3.", AIRFLOW_UNKNOWN},
    {ROW, "v3.1", AIRFLOW_UNKNOWN},
    {ROW, " 3.1", AIRFLOW_UNKNOWN},
    {ROW, "-3.1", AIRFLOW_UNKNOWN},
    {ROW, "latest", AIRFLOW_UNKNOWN},
    {ROW, "3.100", AIRFLOW_UNKNOWN},
    {ROW, "99999999999999999999.1", AIRFLOW_UNKNOWN},
};

static void a_version_is_read_from_the_beginning_of_a_text(void **state)
{
    (void)state;
    foreach(row, versions)
        if (airflow_version_parse(row->text) != row->version)
            fail_row(row, "%s is %d", row->text, airflow_version_parse(row->text));
}

static void a_version_is_written_as_people_write_it(void **state)
{
    (void)state;
    char text[AIRFLOW_TEXT];
    airflow_version_text(AIRFLOW(2, 10, 5), text);
    assert_string_equal(text, "2.10.5");
    airflow_version_text(AIRFLOW(3, 0, 0), text);
    assert_string_equal(text, "3.0.0");
}

#define FERNET "[core]\nfernet_key = f\n"
#define INTERNAL "[core]\ninternal_api_secret_key = i\n"
#define WEBSERVER "[webserver]\nsecret_key = w\n"
#define API "[api]\nsecret_key = a\n"
#define JWT "[api_auth]\njwt_secret = j\n"

static const struct {
    int line;
    const char *text;
    int version;
} names[] = {
    {ROW, "", AIRFLOW_UNKNOWN},
    {ROW, FERNET, AIRFLOW_UNKNOWN},
    {ROW, INTERNAL, AIRFLOW_UNKNOWN},
    {ROW, JWT, AIRFLOW_UNKNOWN},
    {ROW, WEBSERVER, AIRFLOW_UNKNOWN},
    {ROW, WEBSERVER JWT, AIRFLOW_UNKNOWN},
    {ROW, WEBSERVER API, AIRFLOW_UNKNOWN},
    {ROW, INTERNAL WEBSERVER API JWT, AIRFLOW_UNKNOWN},
    {ROW, INTERNAL WEBSERVER JWT, AIRFLOW_UNKNOWN},
    {ROW, INTERNAL WEBSERVER, AIRFLOW_UNKNOWN},
    {ROW, API, AIRFLOW(3, 0, 2)},
    {ROW, FERNET API JWT, AIRFLOW(3, 0, 2)},
    {ROW, INTERNAL API, AIRFLOW(3, 0, 2)},
};

static void the_names_in_airflow_cfg_tell_a_version_from_3_0_2_on(void **state)
{
    (void)state;
    foreach(row, names) {
        struct error err = {0};
        _cleanup_ini_ struct ini ini = {0};
        assert_int_equal(ini_read(row->text, strlen(row->text), &ini, &err), 0);
        if (airflow_version_by_names(&ini) != row->version)
            fail_row(row, "is %d", airflow_version_by_names(&ini));
    }
}

static void make_folders(const char *path)
{
    char part[256];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        assert_true(mkdir(part, 0755) == 0 || errno == EEXIST);
    }
    assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
}

/* The folders are made, and bin/airflow in each of `programs`; PATH is relative to the test's folder. */
static const struct {
    int line;
    const char *path;
    int version;
    const char *programs[3];
    const char *folders[5];
} installed[] = {
    {ROW,
     "v/bin",
     AIRFLOW(3, 1, 0),
     {"v"},
     {"v/lib/python3.12/site-packages/apache_airflow-3.1.0.dist-info"}},
    {ROW,
     "none:v/bin",
     AIRFLOW(3, 1, 0),
     {"v"},
     {"v/lib/python3.12/site-packages/apache_airflow-3.1.0.dist-info"}},
    {ROW,
     "v/bin",
     AIRFLOW(2, 10, 5),
     {"v"},
     {"v/lib/python3.11/dist-packages/apache_airflow-2.10.5.dist-info"}},
    {ROW,
     "v/bin",
     AIRFLOW(1, 10, 9),
     {"v"},
     {"v/lib/python3.7/site-packages/apache_airflow-1.10.9-py3.7.egg-info"}},
    {ROW,
     "v/bin",
     AIRFLOW(3, 3, 2),
     {"v"},
     {"v/lib/python3.11/site-packages/apache_airflow_core-3.3.2.dist-info"}},
    /* Providers have versions of their own. */
    {ROW,
     "v/bin",
     AIRFLOW_UNKNOWN,
     {"v"},
     {"v/lib/python3.11/site-packages/apache_airflow_providers_celery-3.10.0.dist-info"}},
    /* Not the one that no command on the PATH runs. */
    {ROW,
     "w/bin",
     AIRFLOW_UNKNOWN,
     {"v"},
     {"v/lib/python3.11/site-packages/apache_airflow-3.1.0.dist-info", "w/bin"}},
    {ROW,
     "v/bin",
     AIRFLOW_UNKNOWN,
     {NULL},
     {"v/lib/python3.11/site-packages/apache_airflow-3.1.0.dist-info", "v/bin"}},
    {ROW, "v/bin", AIRFLOW_UNKNOWN, {"v"}, {NULL}},
    /* The first on the PATH beside which there is one; of several there, the newest. */
    {ROW,
     "v/bin:w/bin",
     AIRFLOW(2, 9, 0),
     {"v", "w"},
     {"v/lib/python3.11/site-packages/apache_airflow-2.9.0.dist-info",
      "w/lib/python3.11/site-packages/apache_airflow-3.1.0.dist-info"}},
    {ROW,
     "v/bin:w/bin",
     AIRFLOW(3, 1, 0),
     {"v", "w"},
     {"v/lib/python3.11/site-packages",
      "w/lib/python3.11/site-packages/apache_airflow-3.1.0.dist-info"}},
    {ROW,
     "v/bin",
     AIRFLOW(2, 11, 0),
     {"v"},
     {"v/lib/python3.11/site-packages/apache_airflow-2.10.5.dist-info",
      "v/lib/python3.12/site-packages/apache_airflow-2.11.0.dist-info"}},
};

static void the_installed_version_is_that_of_the_airflow_on_the_path(void **state)
{
    foreach(row, installed) {
        char assignment[256];
        char *environment[] = {assignment, NULL};
        snprintf(assignment, sizeof assignment, "PATH=%s", row->path);
        for (size_t i = 0; row->folders[i]; i++)
            make_folders(row->folders[i]);
        for (size_t i = 0; row->programs[i]; i++) {
            char program[256];
            snprintf(program, sizeof program, "%s/bin", row->programs[i]);
            make_folders(program);
            snprintf(program, sizeof program, "%s/bin/airflow", row->programs[i]);
            write_text(program, "#!/bin/sh\n");
        }
        if (airflow_version_installed(environment) != row->version)
            fail_row(row, "is %d", airflow_version_installed(environment));
        leave_folder(state);
        enter_folder(state);
    }
}

static void a_link_on_the_path_leads_to_the_environment_that_it_is_of(void **state)
{
    (void)state;
    char *environment[] = {"PATH=bin", NULL};
    make_folders("venv/lib/python3.11/site-packages/apache_airflow-2.10.5.dist-info");
    make_folders("venv/bin");
    make_folders("bin");
    write_text("venv/bin/airflow", "#!/bin/sh\n");
    assert_int_equal(symlink("../venv/bin/airflow", "bin/airflow"), 0);
    assert_int_equal(airflow_version_installed(environment), AIRFLOW(2, 10, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_is_read_from_the_beginning_of_a_text),
        cmocka_unit_test(a_version_is_written_as_people_write_it),
        cmocka_unit_test(the_names_in_airflow_cfg_tell_a_version_from_3_0_2_on),
        in_folder(the_installed_version_is_that_of_the_airflow_on_the_path),
        in_folder(a_link_on_the_path_leads_to_the_environment_that_it_is_of),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
