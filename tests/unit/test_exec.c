#include "process/exec.h"

#include "table.h"

static const char *const inits[] = {
    "tini",
    "/usr/bin/tini",
    "/tini",
    "./tini",
    "tini-static",
    "dumb-init",
    "/usr/bin/dumb-init",
    "docker-init",
    "/sbin/docker-init",
    "catatonit",
    "s6-svscan",
    "/init",
    "/sbin/init",
    "systemd",
    "/lib/systemd/systemd",
    "fernit",
};

static const char *const others[] = {
    "",      "/",           "airflow",      "/usr/bin/airflow",
    "sh",    "init.sh",     "tini/airflow", "Tini",
    "tini2", "xtini",       "tini/",        "/opt/tini/x",
    "initd", "tini static", "gunicorn",     "python3",
};

static void knows_an_init_wherever_it_lies(void **state)
{
    (void)state;
    foreach(program, inits)
        if (!exec_is_known_init(*program))
            fail_msg("%s is an init", *program);
}

static void takes_nothing_else_for_one(void **state)
{
    (void)state;
    foreach(program, others)
        if (exec_is_known_init(*program))
            fail_msg("\"%s\" is no init", *program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_an_init_wherever_it_lies),
        cmocka_unit_test(takes_nothing_else_for_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
