#include "airflow/version.h"

#include "base/error.h"
#include "base/ini.h"
#include "folder.h"

static const struct {
    int line;
    int version;
    const char *text;
} versions[] = {
    {ROW, AIRFLOW(1, 10, 15), "1.10.15"},
    {ROW, AIRFLOW(2, 10, 0), "2.10"},
    {ROW, AIRFLOW(2, 10, 5), "2.10.5"},
    {ROW, AIRFLOW(3, 0, 2), "3.0.2"},
    {ROW, AIRFLOW(3, 0, 2), "3.0.2rc1"},
    {ROW, AIRFLOW(3, 1, 0), "3.1.0.dev0"},
    {ROW, AIRFLOW(2, 11, 0), "2.11.0+astro.1"},
    {ROW, AIRFLOW(3, 1, 0), "3.1-python3.12"},
    {ROW, AIRFLOW(3, 0, 2), "3.0.2.dist-info"},
    {ROW, AIRFLOW_UNKNOWN, ""},
    {ROW, AIRFLOW_UNKNOWN, "3"},
    {ROW, AIRFLOW_UNKNOWN, "3."},
    {ROW, AIRFLOW_UNKNOWN, "v3.1"},
    {ROW, AIRFLOW_UNKNOWN, " 3.1"},
    {ROW, AIRFLOW_UNKNOWN, "-3.1"},
    {ROW, AIRFLOW_UNKNOWN, "latest"},
    {ROW, AIRFLOW_UNKNOWN, "3.100"},
    {ROW, AIRFLOW_UNKNOWN, "99999999999999999999.1"},
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
    int version;
    const char *text;
} names[] = {
    {ROW, AIRFLOW_UNKNOWN, ""},
    {ROW, AIRFLOW_UNKNOWN, FERNET},
    {ROW, AIRFLOW_UNKNOWN, INTERNAL},
    {ROW, AIRFLOW_UNKNOWN, JWT},
    {ROW, AIRFLOW_UNKNOWN, WEBSERVER},
    {ROW, AIRFLOW_UNKNOWN, WEBSERVER JWT},
    {ROW, AIRFLOW_UNKNOWN, WEBSERVER API},
    {ROW, AIRFLOW_UNKNOWN, INTERNAL WEBSERVER API JWT},
    {ROW, AIRFLOW_UNKNOWN, INTERNAL WEBSERVER JWT},
    {ROW, AIRFLOW_UNKNOWN, INTERNAL WEBSERVER},
    {ROW, AIRFLOW(3, 0, 2), API},
    {ROW, AIRFLOW(3, 0, 2), FERNET API JWT},
    {ROW, AIRFLOW(3, 0, 2), INTERNAL API},
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
    int version;
    const char *path;
    const char *programs[3];
    const char *folders[5];
} installed[] = {
    {ROW,
     AIRFLOW(3, 1, 0),
     "v/bin",
     {"v"},
     {"v/lib/python3.12/site-packages/apache_airflow-3.1.0.dist-info"}},
    {ROW,
     AIRFLOW(3, 1, 0),
     "none:v/bin",
     {"v"},
     {"v/lib/python3.12/site-packages/apache_airflow-3.1.0.dist-info"}},
    {ROW,
     AIRFLOW(2, 10, 5),
     "v/bin",
     {"v"},
     {"v/lib/python3.11/dist-packages/apache_airflow-2.10.5.dist-info"}},
    {ROW,
     AIRFLOW(1, 10, 9),
     "v/bin",
     {"v"},
     {"v/lib/python3.7/site-packages/apache_airflow-1.10.9-py3.7.egg-info"}},
    {ROW,
     AIRFLOW(3, 3, 2),
     "v/bin",
     {"v"},
     {"v/lib/python3.11/site-packages/apache_airflow_core-3.3.2.dist-info"}},
    /* Providers have versions of their own. */
    {ROW,
     AIRFLOW_UNKNOWN,
     "v/bin",
     {"v"},
     {"v/lib/python3.11/site-packages/apache_airflow_providers_celery-3.10.0.dist-info"}},
    /* Not the one that no command on the PATH runs. */
    {ROW,
     AIRFLOW_UNKNOWN,
     "w/bin",
     {"v"},
     {"v/lib/python3.11/site-packages/apache_airflow-3.1.0.dist-info", "w/bin"}},
    {ROW,
     AIRFLOW_UNKNOWN,
     "v/bin",
     {NULL},
     {"v/lib/python3.11/site-packages/apache_airflow-3.1.0.dist-info", "v/bin"}},
    {ROW, AIRFLOW_UNKNOWN, "v/bin", {"v"}, {NULL}},
    /* The first on the PATH beside which there is one; of several there, the newest. */
    {ROW,
     AIRFLOW(2, 9, 0),
     "v/bin:w/bin",
     {"v", "w"},
     {"v/lib/python3.11/site-packages/apache_airflow-2.9.0.dist-info",
      "w/lib/python3.11/site-packages/apache_airflow-3.1.0.dist-info"}},
    {ROW,
     AIRFLOW(3, 1, 0),
     "v/bin:w/bin",
     {"v", "w"},
     {"v/lib/python3.11/site-packages",
      "w/lib/python3.11/site-packages/apache_airflow-3.1.0.dist-info"}},
    {ROW,
     AIRFLOW(2, 11, 0),
     "v/bin",
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
