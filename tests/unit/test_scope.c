#include "process/scope.h"

#include "table.h"

enum { WORDS_MOST = 12 };

struct row {
    int line;
    enum scope scope;
    bool lost; /* dumb-init signals all, whatever the scope */
    const char *component;
    const char *setsid;
    const char *words[WORDS_MOST];
};

/* clang-format off */
#define CHILD(...) {ROW, SCOPE_CHILD, false, NULL, NULL, {__VA_ARGS__}}
#define GROUP(...) {ROW, SCOPE_GROUP, false, NULL, NULL, {__VA_ARGS__}}
#define LOST(...) {ROW, SCOPE_CHILD, true, NULL, NULL, {__VA_ARGS__}}
#define SETSID(scope, value, ...) {ROW, SCOPE_##scope, false, NULL, value, {__VA_ARGS__}}
#define COMPONENT(scope, value, ...) {ROW, SCOPE_##scope, false, value, NULL, {__VA_ARGS__}}

static const struct row table[] = {
    /* Workers. */
    CHILD("airflow", "celery", "worker"),
    CHILD("airflow", "celery", "worker", "-q", "default,high", "--concurrency", "8"),
    CHILD("/home/airflow/.local/bin/airflow", "celery", "worker"),
    CHILD("airflow", "worker"),
    CHILD("airflow", "edge", "worker", "--queues", "a"),
    CHILD("celery", "worker"),
    CHILD("celery", "-A", "airflow.providers.celery.executors.celery_executor.app", "worker"),
    CHILD("celery", "--app=x", "--unknown", "value", "worker", "-l", "info"),
    CHILD("python", "-m", "airflow", "celery", "worker"),
    CHILD("python3", "-um", "celery", "-A", "x", "worker"),

    /* Behind entrypoints and whatever else stands in front. */
    CHILD("/entrypoint", "celery", "worker"),
    CHILD("/entrypoint", "airflow", "celery", "worker"),
    CHILD("/entrypoint.sh", "worker"),
    CHILD("bash", "/entrypoint", "celery", "worker"),
    CHILD("gosu", "airflow", "tini", "-g", "--", "env", "A=b", "nice", "airflow", "celery", "worker"),
    CHILD("timeout", "1h", "airflow", "celery", "worker"),
    CHILD("/opt/airflow/start-worker.sh"),
    CHILD("/opt/bitnami/scripts/airflow-worker/run.sh"),
    CHILD("env", "AIRFLOW_COMPONENT_TYPE=worker", "/run.sh"),

    /* In a string, with all that a shell may have around it. */
    CHILD("bash", "-c", "airflow celery worker"),
    CHILD("bash", "-c", "exec airflow celery worker -q x"),
    CHILD("bash", "-c", "exec \\\nairflow celery worker"),
    CHILD("sh", "-c", "airflow db migrate && airflow celery worker"),
    CHILD("sh", "-c", "airflow db migrate;airflow celery worker;"),
    CHILD("sh", "-c", "(airflow celery worker)&wait"),
    CHILD("sh", "-c", "airflow celery worker|tee /log"),
    CHILD("sh", "-c", "airflow celery worker>/log 2>&1"),
    CHILD("sh", "-c", "exec \"airflow\" 'celery' \"worker\""),
    CHILD("sh", "-c", "exec airflow ${WHAT:-celery worker}"),
    CHILD("sh", "-c", "bash -c 'exec \"$@\"' _ airflow celery worker"),
    CHILD("bash", "-c", "exec \"$@\"", "_", "airflow", "celery", "worker"),
    CHILD("/entrypoint", "bash", "-c", "exec airflow celery worker"),
    CHILD("supervise", "--command=airflow celery worker"),

    /* Tasks. */
    CHILD("airflow", "tasks", "run", "dag", "task", "run_id", "--local"),
    CHILD("bash", "-c", "exec airflow tasks run dag task run_id"),
    CHILD("python", "-m", "airflow", "tasks", "run", "dag", "task", "run_id"),
    CHILD("python", "-m", "airflow.sdk.execution_time.execute_workload", "--json-path", "/x"),
    CHILD("/entrypoint", "python", "-m", "airflow.sdk.execution_time.execute_workload"),
    CHILD("sh", "-c", "exec python -m airflow.sdk.execution_time.execute_workload --json-path /x"),

    /* Neither. */
    GROUP(NULL),
    GROUP(""),
    GROUP(" \t\n"),
    GROUP("--"),
    GROUP("airflow"),
    GROUP("airflow", "scheduler"),
    GROUP("airflow", "standalone"),
    GROUP("airflow", "triggerer"),
    GROUP("airflow", "dag-processor"),
    GROUP("airflow", "celery", "flower"),
    GROUP("airflow", "celery", "stop"),
    GROUP("airflow", "webserver", "--workers", "4"),
    GROUP("airflow", "api-server", "--workers", "4"),
    GROUP("gunicorn", "-w", "4", "--worker-class", "gevent"),
    GROUP("sh", "-c", "gunicorn '--worker-class=gevent' \"--max-worker\""),
    GROUP("airflow", "tasks", "list", "run"),
    GROUP("airflow", "dags", "test", "run"),
    GROUP("airflow", "tasks"),
    GROUP("run", "tasks"),
    GROUP("celery", "beat"),
    GROUP("Worker", "workers", "worke", "work er"),
    GROUP("bash", "-c", "airflow db migrate && exec airflow scheduler"),
    GROUP("/entrypoint", "airflow", "scheduler"),

    /* DUMB_INIT_SETSID: 0 alone says something. */
    COMPONENT(CHILD, "worker", "/opt/bitnami/scripts/airflow/entrypoint.sh", "/opt/bitnami/scripts/airflow/run.sh"),
    COMPONENT(GROUP, "scheduler", "/opt/bitnami/scripts/airflow/run.sh"),
    COMPONENT(GROUP, "", "/opt/bitnami/scripts/airflow/run.sh"),
    {ROW, SCOPE_CHILD, true, "worker", NULL, {"dumb-init", "/run.sh"}},

    SETSID(CHILD, "0", "airflow", "scheduler"),
    SETSID(CHILD, "0", "airflow", "celery", "worker"),
    SETSID(CHILD, "1", "airflow", "celery", "worker"),
    SETSID(CHILD, "0", "dumb-init", "airflow", "celery", "worker"),
    SETSID(GROUP, "1", "airflow", "scheduler"),
    SETSID(GROUP, "", "airflow", "scheduler"),
    SETSID(GROUP, "00", "airflow", "scheduler"),
    SETSID(GROUP, "no", "airflow", "scheduler"),
    CHILD("env", "DUMB_INIT_SETSID=0", "airflow", "scheduler"),
    CHILD("sh", "-c", "DUMB_INIT_SETSID=0 exec dumb-init airflow celery worker"),
    GROUP("env", "DUMB_INIT_SETSID=1", "airflow", "scheduler"),

    /* Behind dumb-init. */
    LOST("dumb-init", "airflow", "celery", "worker"),
    LOST("/usr/bin/dumb-init", "--", "/entrypoint", "celery", "worker"),
    LOST("dumb-init", "-v", "-r", "15:3", "--rewrite", "1:0", "--", "airflow", "celery", "worker"),
    LOST("dumb-init", "--", "bash", "-c", "exec airflow celery worker"),
    LOST("bash", "-c", "exec dumb-init -- airflow celery worker"),
    LOST("dumb-init", "airflow", "celery", "worker", "-c", "4"),
    LOST("dumb-init", "airflow", "tasks", "run", "dag", "task", "run_id"),
    LOST("env", "DUMB_INIT_SETSID=1", "dumb-init", "airflow", "celery", "worker"),
    CHILD("dumb-init", "-c", "airflow", "celery", "worker"),
    CHILD("dumb-init", "-vc", "--", "airflow", "celery", "worker"),
    CHILD("dumb-init", "-r", "15:3", "-c", "airflow", "celery", "worker"),
    CHILD("dumb-init", "--single-child", "--", "airflow", "celery", "worker"),
    CHILD("dumb-init", "--single", "airflow", "celery", "worker"),
    CHILD("dumb-init", "-c", "airflow", "scheduler"),
    CHILD("my-dumb-init", "airflow", "celery", "worker"),
    GROUP("dumb-init", "--", "airflow", "scheduler"),
    GROUP("dumb-init", "--", "bash", "-c", "airflow scheduler"),
    GROUP("dumb-init"),
};

#undef CHILD
#undef GROUP
#undef LOST
#undef SETSID
#undef COMPONENT
/* clang-format on */

static void the_words_and_dumb_inits_variable_choose(void **state)
{
    (void)state;
    foreach(row, table) {
        const char *reason = NULL;
        struct scope_words words =
            scope_read((char *const *)row->words, row->component, row->setsid);
        if (scope_for(&words, &reason) != row->scope)
            fail_row(row, "%s ...: %s", row->words[0], reason);
        if (scope_is_lost(&words) != row->lost)
            fail_row(row, "%s ...: %sbehind a dumb-init that signals all", row->words[0],
                     row->lost ? "not " : "");
    }
}

static void the_reason_is_the_one_that_decides(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *component;
        const char *setsid;
        const char *words[4];
        const char *reason;
    } reasons[] = {
        {ROW, NULL, NULL, {"airflow", "celery", "worker"}, "names a worker"},
        {ROW, "worker", NULL, {"/run.sh"}, "names a worker"},
        {ROW, NULL, "0", {"airflow", "celery", "worker"}, "names a worker"},
        {ROW, NULL, "0", {"airflow", "scheduler"}, "DUMB_INIT_SETSID=0"},
        {ROW, "scheduler", "1", {"airflow", "scheduler"}, "names no worker"},
    };
    foreach(row, reasons) {
        const char *reason = NULL;
        struct scope_words words =
            scope_read((char *const *)row->words, row->component, row->setsid);
        scope_for(&words, &reason);
        if (!strstr(reason, row->reason))
            fail_row(row, "%s", reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_words_and_dumb_inits_variable_choose),
        cmocka_unit_test(the_reason_is_the_one_that_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
