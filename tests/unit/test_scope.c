/* Which strings a shell becomes the worker of was tried with bash 5.2. It does so with a few of the
 * others too, where we do not rely on it. */
#include "process/scope.h"

#include <stdio.h>
#include <stdlib.h>

#include "entry/options.h"
#include "table.h"

enum { WORDS_MOST = 20 };

struct command {
    int line;
    const char *words[WORDS_MOST];
};

/* clang-format off */
#define C(...) {ROW, {__VA_ARGS__}}

static const struct command workers[] = {
    C("airflow", "celery", "worker"),
    C("airflow", "celery", "worker", "-q", "default,high", "--concurrency", "8"),
    C("/home/airflow/.local/bin/airflow", "celery", "worker"),
    C("./airflow", "celery", "worker"),
    C("airflow", "worker"),
    C("airflow", "worker", "-D"),
    C("airflow", "edge", "worker", "--queues", "a"),

    C("celery", "worker"),
    C("celery", "worker", "-A", "x"),
    C("celery", "-A", "x", "worker"),
    C("celery", "-Ax", "worker"),
    C("celery", "--app", "x", "worker"),
    C("celery", "--app=x", "worker"),
    C("celery", "-A", "worker", "worker"),
    C("celery", "-b", "redis://", "--result-backend", "worker", "--loader", "l", "--config=c",
      "--workdir", "/w", "worker"),
    C("celery", "-q", "-C", "--no-color", "--quiet", "--skip-checks", "worker"),
    C("celery", "-qCA", "x", "worker"),
    C("celery", "-A", "x", "-l", "info", "worker"),
    C("/opt/venv/bin/celery", "-A", "x", "worker", "-l", "info"),

    C("python", "-m", "airflow", "celery", "worker"),
    C("python3", "-m", "airflow", "celery", "worker"),
    C("/usr/bin/python3.12", "-m", "celery", "-A", "x", "worker"),
    C("python", "-u", "-m", "airflow", "worker"),
    C("python", "-um", "airflow", "celery", "worker"),
    C("python", "-umairflow", "celery", "worker"),
    C("python", "-bb", "-W", "ignore", "-Xdev", "-X", "utf8", "-m", "airflow", "celery", "worker"),
    C("python", "/home/airflow/.local/bin/airflow", "celery", "worker"),
    C("python3", "-u", "/usr/bin/celery", "-A", "x", "worker"),

    C("/entrypoint", "celery", "worker"),
    C("/entrypoint", "airflow", "celery", "worker"),
    C("/entrypoint", "edge", "worker"),
    C("/entrypoint", "bash", "-c", "airflow celery worker"),
    C("/entrypoint", "bash", "-c", "exec \\\nairflow celery worker"),
    C("/entrypoint", "python", "-m", "airflow", "celery", "worker"),
    C("/entrypoint.sh", "worker"),
    C("/entrypoint.sh", "celery", "-A", "x", "worker"),
    C("/usr/local/bin/docker-entrypoint.sh", "airflow", "celery", "worker"),
    C("/opt/entrypoint_prod.sh", "celery", "worker"),
    C("bash", "/entrypoint.sh", "worker"),
    C("bash", "-e", "/entrypoint", "celery", "worker"),

    C("tini", "airflow", "celery", "worker"),
    C("tini", "--", "/entrypoint", "celery", "worker"),
    C("/usr/bin/tini", "-g", "-s", "-vvv", "-w", "-p", "SIGKILL", "-e", "143", "--", "airflow",
      "celery", "worker"),
    C("tini-static", "-gvp", "SIGKILL", "-e143", "airflow", "celery", "worker"),
    C("/sbin/docker-init", "--", "airflow", "celery", "worker"),
    C("dumb-init", "airflow", "celery", "worker"),
    C("/usr/bin/dumb-init", "--", "/entrypoint", "celery", "worker"),
    C("dumb-init", "-c", "-v", "-r", "15:3", "--rewrite", "1:0", "--single-child",
      "--rewrite=2:3", "airflow", "celery", "worker"),
    C("catatonit", "-g", "--", "airflow", "celery", "worker"),
    C("gosu", "airflow", "airflow", "celery", "worker"),
    C("su-exec", "airflow:root", "airflow", "celery", "worker"),
    C("tini", "--", "gosu", "airflow", "/entrypoint", "celery", "worker"),
    C("runuser", "-u", "airflow", "--", "airflow", "celery", "worker"),
    C("sudo", "-E", "-u", "airflow", "A=b", "airflow", "celery", "worker"),
    C("s6-setuidgid", "airflow", "celery", "-A", "x", "worker"),
    C("chroot", "--userspec=1:1", "/x", "airflow", "celery", "worker"),
    C("taskset", "-c", "0,1", "airflow", "celery", "worker"),
    C("numactl", "-N", "0", "airflow", "celery", "worker"),
    C("eatmydata", "airflow", "celery", "worker"),
    C("ddtrace-run", "airflow", "celery", "worker"),
    C("opentelemetry-instrument", "--traces_exporter", "otlp", "airflow", "celery", "worker"),
    C("newrelic-admin", "run-program", "airflow", "celery", "worker"),
    C("setpriv", "--reuid", "50000", "--regid=0", "--init-groups", "--no-new-privs", "airflow",
      "celery", "worker"),
    C("setpriv", "--reuid=50000", "--clear-groups", "--", "airflow", "celery", "worker"),
    C("env", "airflow", "celery", "worker"),
    C("env", "A=b", "C=d e", "airflow", "celery", "worker"),
    C("env", "-i", "-u", "HOME", "-uX", "--unset=Y", "-C", "/tmp", "PATH=/bin", "airflow",
      "celery", "worker"),
    C("env", "-", "A=b", "airflow", "celery", "worker"),
    C("nice", "airflow", "celery", "worker"),
    C("nice", "-n", "5", "airflow", "celery", "worker"),
    C("nice", "-n-5", "airflow", "celery", "worker"),
    C("nice", "-15", "airflow", "celery", "worker"),
    C("nice", "--adjustment=5", "ionice", "-c3", "-n", "7", "-t", "airflow", "celery", "worker"),
    C("nohup", "airflow", "celery", "worker"),
    C("stdbuf", "-oL", "-e", "0", "--input=0", "airflow", "celery", "worker"),
    C("setsid", "-w", "airflow", "celery", "worker"),
    C("chrt", "-b", "0", "airflow", "celery", "worker"),
    C("chrt", "-f", "-T", "100", "10", "airflow", "celery", "worker"),
    C("exec", "airflow", "celery", "worker"),
    C("busybox", "sh", "-c", "exec airflow celery worker"),
    C("fernit", "run", "airflow", "celery", "worker"),
    C("fernit", "run", "--", "airflow", "celery", "worker"),
    C("/usr/local/bin/fernit", "run", "--init", "--store", "/s", "--grace=10s", "--",
      "/entrypoint", "celery", "worker"),

    C("bash", "-ec", "exec airflow celery worker"),
    C("bash", "-lc", "exec airflow celery worker"),
    C("bash", "-o", "pipefail", "-c", "exec airflow celery worker"),
    C("bash", "-euxo", "pipefail", "-c", "exec airflow celery worker"),
    C("bash", "-ceuo", "pipefail", "exec airflow celery worker"),
    C("bash", "-c", "-x", "exec airflow celery worker"),
    C("bash", "-x", "-c", "--", "exec airflow celery worker"),
    C("bash", "--noprofile", "--norc", "--rcfile", "/x", "-c", "exec airflow celery worker"),
    C("/bin/sh", "-c", "exec airflow celery worker"),
    C("dash", "-c", "airflow celery worker"),
    C("ash", "-c", "airflow celery worker"),
    C("zsh", "-c", "airflow celery worker"),
    C("bash", "-c", "exec \"$@\"", "_", "airflow", "celery", "worker"),
    C("bash", "-c", "sleep 1; exec \"${@}\"", "_", "airflow", "celery", "worker"),
    C("sh", "-c", "exec $@", "_", "airflow", "celery", "worker"),
    C("sh", "-c", "exec \"$0\" \"$@\"", "airflow", "celery", "worker"),
    C("sh", "-c", "exec airflow \"$@\"", "_", "celery", "worker"),
    C("sh", "-c", "exec gosu airflow \"$@\"", "_", "bash", "-c", "exec airflow celery worker"),
    C("dumb-init", "--", "bash", "-c", "exec bash -c 'exec tini -- airflow celery worker'"),
};

static const struct command others[] = {
    {ROW, {NULL}},
    C(""),
    C("/"),
    C("--"),
    C("airflow"),
    C("airflow", "celery"),
    C("airflow", "celery", "flower"),
    C("airflow", "celery", "stop"),
    C("airflow", "celery", "workers"),
    C("airflow", "celery", "--help", "worker"),
    C("airflow", "edge", "stop"),
    C("airflow", "scheduler"),
    C("airflow", "webserver"),
    C("airflow", "api-server"),
    C("airflow", "triggerer"),
    C("airflow", "dag-processor"),
    C("airflow", "standalone"),
    C("airflow", "kerberos", "worker"),
    C("airflow", "dags", "trigger", "worker"),
    C("airflow", "Worker"),
    C("Airflow", "celery", "worker"),
    C("airflow-worker"),
    C("myairflow", "celery", "worker"),
    C("worker"),
    C("celery"),
    C("celery", "beat"),
    C("celery", "flower"),
    C("celery", "-A", "worker", "beat"),
    C("celery", "--app", "worker", "beat"),
    C("celery", "-A", "worker"),
    C("celery", "-A"),
    C("celery", "--app=worker", "flower"),
    C("celery", "-b", "worker", "inspect", "ping"),
    C("celery", "--result-backend", "worker", "beat"),
    C("celery", "--workdir", "worker", "multi", "start", "worker"),
    C("celery", "--unknown", "worker"),
    C("celery", "-A", "x", "inspect", "worker"),
    C("celery", "multi", "start", "worker"),

    C("python"),
    C("python", "-m"),
    C("python", "-m", "airflow"),
    C("python", "-m", "airflow", "scheduler"),
    C("python", "-m", "flask", "celery", "worker"),
    C("python", "-m", "celery", "-A", "worker", "beat"),
    C("python", "-c", "import airflow", "celery", "worker"),
    C("python", "-cm", "airflow", "celery", "worker"),
    C("python", "worker.py"),
    C("python", "manage.py", "celery", "worker"),
    C("python", "bash", "-c", "airflow celery worker"),
    C("python-config", "-m", "airflow", "celery", "worker"),
    C("pythonx", "-m", "airflow", "celery", "worker"),

    C("/entrypoint"),
    C("/entrypoint", "scheduler"),
    C("/entrypoint", "celery", "flower"),
    C("/entrypoint", "airflow", "scheduler"),
    C("/entrypoint", "bash"),
    C("/entrypoint", "bash", "-c", "airflow scheduler"),
    C("/entrypoint.sh", "webserver"),
    C("/my-entrypoint.sh", "celery", "worker"),
    C("/entrypoint.d/run", "celery", "worker"),
    C("/opt/bitnami/scripts/airflow/run.sh", "worker"),

    C("tini"),
    C("tini", "--"),
    C("tini", "-h"),
    C("tini", "-p"),
    C("tini", "-p", "celery", "worker"),
    C("tini", "--", "airflow", "scheduler"),
    C("tini", "-z", "airflow", "celery", "worker"),
    C("tini", "--", "--", "airflow", "celery", "worker"),
    C("dumb-init", "-r", "celery", "worker"),
    C("dumb-init", "--rewrite"),
    C("catatonit", "-P"),
    C("gosu"),
    C("gosu", "airflow"),
    C("gosu", "airflow", "celery", "beat"),
    C("env"),
    C("env", "A=b"),
    C("env", "-i"),
    C("env", "-u", "airflow", "celery", "beat"),
    C("env", "-S", "airflow celery worker"),
    C("setpriv", "--dump"),
    C("setpriv", "--reuid", "airflow", "celery", "beat"),
    C("nice", "-n", "airflow", "worker"),
    C("nice", "-n", "5"),
    C("ionice", "-p", "1"),
    C("setsid", "--fork", "airflow", "celery", "worker"),
    C("chrt", "-f", "10"),
    C("chrt", "-p", "10", "1"),
    C("timeout", "10", "airflow", "celery", "worker"),
    C("supervisord", "-c", "worker"),
    C("exec"),
    C("fernit"),
    C("fernit", "run"),
    C("fernit", "run", "--store", "airflow", "celery", "beat"),
    C("fernit", "init", "airflow", "celery", "worker"),
    C("fernit", "status"),
    C("fernit", "run", "--unknown", "airflow", "celery", "worker"),

    C("bash"),
    C("bash", "-c"),
    C("bash", "-e"),
    C("bash", "-o"),
    C("bash", "script.sh"),
    C("bash", "script.sh", "-c", "airflow celery worker"),
    C("bash", "airflow", "celery", "worker"),
    C("bash", "-s", "airflow", "celery", "worker"),
    C("bash", "-n", "-c", "exec airflow celery worker"),
    C("bash", "airflow celery worker"),
    C("fish", "-c", "exec airflow celery worker"),
    C("bash", "-c", "airflow", "celery", "worker"),
    C("bash", "-c", "\"$@\" &", "_", "airflow", "celery", "worker"),
    C("bash", "-c", "exec \"$@\"", "airflow", "worker"),
    C("bash", "-c", "exec \"$@\""),
    C("bash", "-c", "exec \"$@\"", "_"),
    C("bash", "-c", "exec \"$0\" \"$@\""),
    C("bash", "-c", "exec '$@'", "_", "airflow", "celery", "worker"),
    C("bash", "-c", "exec \"$*\"", "_", "airflow", "celery", "worker"),
    C("bash", "-c", "exec \"$@\"", "_", "airflow", "scheduler"),
    C("bash", "-c", "exec \"$@\"; true", "_", "airflow", "celery", "worker"),
};

#undef C
/* clang-format on */

static const struct {
    int line;
    const char *text;
} worker_strings[] =
    {
        {ROW, "airflow celery worker"},
        {ROW, "airflow db migrate && airflow celery worker"},
        {ROW, "airflow db migrate; airflow celery worker"},
        {ROW, "airflow db migrate\nairflow celery worker"},
        {ROW, "> /x; airflow celery worker"},
        {ROW, "(true); airflow celery worker"},
        {ROW, " \t\n airflow celery worker \n"},
        {ROW, "airflow celery worker;"},
        {ROW, "airflow celery worker # the worker"},
        {ROW, "# the worker\nairflow celery worker"},
        {ROW, "A=b airflow celery worker"},
        {ROW, "A= B_1='c d' C=\"$HOME\" D=$(cat /x y) exec airflow celery worker"},
        {ROW, "airflow  celery\tworker"},
        {ROW, "airflow celery \\\n  worker \\\n  -q default"},
        {ROW, "air\\\nflow celery worker"},
        {ROW, "exec \\\nairflow celery worker"},
        {ROW, "exec airflow celery worker"},
        {ROW, "exec airflow celery worker;"},
        {ROW, "exec airflow celery worker\n"},
        {ROW, "exec -a worker airflow celery worker"},
        {ROW, "exec -l -c airflow celery worker"},
        {ROW, "airflow db migrate && exec airflow celery worker"},
        {ROW, "airflow db migrate &&\n\nexec airflow celery worker"},
        {ROW, "airflow db migrate; exec airflow celery worker"},
        {ROW, "set -e\nairflow db migrate\nexec airflow celery worker\n"},
        {ROW, "false || exec airflow celery worker"},
        {ROW, "airflow serve-logs & exec airflow celery worker"},
        {ROW, "airflow serve-logs &\nexec airflow celery worker"},
        {ROW, "echo x | cat; exec airflow celery worker"},
        {ROW, "echo x |& cat && exec airflow celery worker"},
        {ROW, "until airflow db check; do sleep 1; done; exec airflow celery worker"},
        {ROW, "if [ -f /x ]; then . /x; fi\nexec airflow celery worker"},
        {ROW, "case $X in a) echo a ;; *) echo b ;; esac; exec airflow celery worker"},
        {ROW, "[[ a < b && -f /x ]] && exec airflow celery worker"},
        {ROW, "(sleep 1; echo x) && exec airflow celery worker"},
        {ROW, "f() { echo x; }; f; exec airflow celery worker"},
        {ROW, "exec > /var/log/x 2>&1; exec airflow celery worker"},
        {ROW, "exec > >(tee /x); exec airflow celery worker"},
        {ROW, "exec airflow celery worker > /var/log/x 2>&1"},
        {ROW, "exec airflow celery worker>>/x 2>/y </dev/null"},
        {ROW, "exec airflow celery worker &>/x"},
        {ROW, "2>&1 exec airflow celery worker"},
        {ROW, "exec 'airflow' \"celery\" w'or'\"ker\""},
        {ROW, "exec airflow celery worker -q 'a;b|c&d' --x \"e ) f\""},
        {ROW, "exec airflow celery worker -q \"a\\\"b\" c\\ d"},
        {ROW, "exec airflow celery worker --concurrency $(nproc --all) -q \"${QUEUE:-a b}\""},
        {ROW,
         "exec airflow celery worker --concurrency `nproc --all` -q \"$(cat '/x)' | tr -d b)\""},
        {ROW, "exec airflow celery worker -H worker@$HOSTNAME"},
        {ROW, "exec airflow celery worker a#b"},
        {ROW, "exec ${AIRFLOW_VENV:-/opt/a b}/bin/airflow celery worker"},
        {ROW, "exec \"$HOME\"/bin/airflow celery worker"},
        {ROW, "exec tini -- gosu airflow airflow celery worker"},
        {ROW, "exec env A=b nice -n 5 python -m celery -A x worker"},
        {ROW, "exec /entrypoint celery worker"},
        {ROW, "exec bash -c \"exec airflow celery worker\""},
        {ROW, "bash -c 'airflow celery worker'"},
        {ROW, "echo it\\'s; exec airflow celery worker"},
},
  other_strings[] = {
      {ROW, ""},
      {ROW, " \n\t "},
      {ROW, "# exec airflow celery worker"},
      {ROW, ";"},
      {ROW, "A=b"},
      {ROW, "exec"},
      {ROW, "exec > /x"},
      {ROW, "> airflow celery worker"},
      {ROW, "airflow scheduler"},
      {ROW, "exec airflow scheduler"},
      {ROW, "airflow celery worker; echo done"},
      {ROW, "airflow celery worker && airflow scheduler"},
      {ROW, "airflow celery worker || true"},
      {ROW, "exec airflow celery worker; airflow scheduler"},
      {ROW, "exec airflow celery worker || exec airflow scheduler"},
      {ROW, "airflow celery worker &"},
      {ROW, "exec airflow celery worker &"},
      {ROW, "airflow celery worker & wait"},
      {ROW, "airflow celery worker &\n"},
      {ROW, "airflow celery worker & airflow scheduler"},
      {ROW, "airflow scheduler & airflow celery worker"},
      {ROW, "airflow celery worker | tee /x"},
      {ROW, "exec airflow celery worker 2>&1 | tee /x"},
      {ROW, "echo x | exec airflow celery worker"},
      {ROW, "echo x |\nexec airflow celery worker"},
      {ROW, "echo x |& exec airflow celery worker"},
      {ROW, "exec airflow celery worker |"},
      {ROW, "exec airflow celery worker &&"},
      {ROW, "airflow celery worker > /x"},
      {ROW, "airflow celery worker 2>&1"},
      {ROW, "(airflow celery worker)"},
      {ROW, "(exec airflow celery worker)"},
      {ROW, "true; (exec airflow celery worker;)"},
      {ROW, "{ exec airflow celery worker; }"},
      {ROW, "f() { exec airflow celery worker; }"},
      {ROW, "if true; then exec airflow celery worker; fi"},
      {ROW, "while true; do airflow celery worker; done"},
      {ROW, "case $X in w) exec airflow celery worker ;; esac"},
      {ROW, "! airflow celery worker"},
      {ROW, "time airflow celery worker"},
      {ROW, "eval airflow celery worker"},
      {ROW, "trap 'echo x' TERM; airflow celery worker"},
      {ROW, "echo exec airflow celery worker"},
      {ROW, "echo 'x; exec airflow celery worker'"},
      {ROW, "echo \"x\nexec airflow celery worker\""},
      {ROW, "echo $(true; exec airflow celery worker)"},
      {ROW, "echo `true; exec airflow celery worker`"},
      {ROW, "\"exec airflow celery worker\""},
      {ROW, "'exec' 'airflow celery worker'"},
      {ROW, "exec \"airflow celery worker\""},
      {ROW, "exec airflow celery \"worker"},
      {ROW, "exec airflow celery worker 'x"},
      {ROW, "exec airflow celery worker $(x"},
      {ROW, "exec airflow celery worker ${x"},
      {ROW, "exec airflow celery worker `x"},
      {ROW, "exec airflow celery worker \"$(x\""},
      {ROW, "exec $AIRFLOW celery worker"},
      {ROW, "exec airflow $COMMAND worker"},
      {ROW, "exec airflow celery ${WHAT:-worker}"},
      {ROW, "exec $(which airflow) celery worker"},
      {ROW, "$CMD"},
      {ROW, "exec airflow celery wor\nker"},
      {ROW, "exec airflow celery worke\\r\\s"},
      {ROW, "cat <<E\nexec airflow celery worker\nE"},
      {ROW, "\\"},
      {ROW, "$"},
      {ROW, "`"},
      {ROW, "${"},
      {ROW, "$("},
      {ROW, "\"\\"},
      {ROW, "&"},
      {ROW, ")"},
      {ROW, "(("},
      {ROW, "<"},
};

static enum scope scope_of(const char *const *words)
{
    return scope_for((char *const *)words);
}

static enum scope scope_of_string(const char *text)
{
    return scope_of((const char *const[]){"bash", "-c", text, NULL});
}

static void a_worker_gets_its_signals_alone(void **state)
{
    (void)state;
    foreach(row, workers)
        if (scope_of(row->words) != SCOPE_CHILD)
            fail_row(row, "%s %s ...: not taken for a worker", row->words[0], row->words[1]);
}

static void anything_else_is_signalled_as_a_group(void **state)
{
    (void)state;
    foreach(row, others)
        if (scope_of(row->words) != SCOPE_GROUP)
            fail_row(row, "%s ...: taken for a worker", row->words[0]);
}

static void a_string_that_becomes_a_worker_is_one(void **state)
{
    (void)state;
    foreach(row, worker_strings)
        if (scope_of_string(row->text) != SCOPE_CHILD)
            fail_row(row, "%s: not taken for a worker", row->text);
}

static void a_string_whose_shell_stays_is_none(void **state)
{
    (void)state;
    foreach(row, other_strings)
        if (scope_of_string(row->text) != SCOPE_GROUP)
            fail_row(row, "%s: taken for a worker", row->text);
}

static void a_group_is_doubtful_where_the_words_speak_of_a_worker(void **state)
{
    (void)state;
    static const struct {
        const char *words[5];
        int line;
        bool doubtful;
    } table[] = {
        {{"sh", "-c", "airflow celery worker | tee /x", NULL}, ROW, true},
        {{"my-wrapper", "airflow", "celery", "worker", NULL}, ROW, true},
        {{"/opt/airflow/start-worker.sh", NULL}, ROW, true},
        {{"celery", "-A", "worker", "beat", NULL}, ROW, true},
        {{"airflow", "scheduler", NULL}, ROW, false},
        {{"gunicorn", "--workers", "4", NULL}, ROW, false},
        {{"airflow", "webserver", "--workers", "4", NULL}, ROW, false},
        {{NULL}, ROW, false},
    };
    foreach(row, table)
        if (scope_is_doubtful((char *const *)row->words) != row->doubtful)
            fail_row(row, "%s ...", row->words[0]);
}

static void every_prefix_of_a_string_has_an_answer(void **state)
{
    (void)state;
    foreach(row, worker_strings) {
        for (size_t length = strlen(row->text); length > 0; length--) {
            char *prefix = strndup(row->text, length);
            assert_non_null(prefix);
            assert_in_range(scope_of_string(prefix), SCOPE_CHILD, SCOPE_GROUP);
            free(prefix);
        }
    }
}

static void wrappers_may_be_as_deep_as_anybody_has_them(void **state)
{
    (void)state;
    const char *words[40];
    foreach(word, words)
        *word = "nohup";
    memcpy(words + 36, (const char *[]){"airflow", "celery", "worker", NULL}, 4 * sizeof *words);
    assert_int_equal(scope_of(words + 21), SCOPE_CHILD);
    assert_int_equal(scope_of(words + 20), SCOPE_GROUP);
    assert_int_equal(scope_of(words), SCOPE_GROUP);
}

static void a_worker_with_more_words_than_fit_is_one(void **state)
{
    (void)state;
    char text[8000] = "exec airflow celery worker -q ";
    size_t start = strlen(text);

    memset(text + start, 'q', sizeof text - start - 1);
    assert_int_equal(scope_of_string(text), SCOPE_CHILD);
    for (size_t i = start; i < sizeof text - 1; i += 2)
        text[i] = ' ';
    assert_int_equal(scope_of_string(text), SCOPE_CHILD);
    memcpy(text + sizeof text - 8, "; sleep", 8);
    assert_int_equal(scope_of_string(text), SCOPE_GROUP);
}

static void only_the_last_command_has_to_fit(void **state)
{
    (void)state;
    char text[8000];
    const char *end = "; exec airflow celery worker";
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - strlen(end) - 1, end, strlen(end) + 1);
    assert_int_equal(scope_of_string(text), SCOPE_CHILD);
}

static void what_does_not_fit_is_no_worker(void **state)
{
    (void)state;
    char text[8000];
    const char *start = "exec env A=", *end = " airflow celery worker";
    memset(text, 'x', sizeof text);
    memcpy(text, start, strlen(start));
    memcpy(text + sizeof text - strlen(end) - 1, end, strlen(end) + 1);
    assert_int_equal(scope_of_string(text), SCOPE_GROUP);
}

static void each_option_of_run_is_known(void **state)
{
    (void)state;
    foreach(option, options) {
        if (!(option->commands & FOR_RUN))
            continue;
        char word[64];
        snprintf(word, sizeof word, "--%s=x", option->name);
        const char *words[] = {"fernit", "run", word, "airflow", "celery", "worker", NULL};
        if (scope_of(words) != SCOPE_CHILD)
            fail_msg("--%s is missing among scope.c's fernit_options", option->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_gets_its_signals_alone),
        cmocka_unit_test(anything_else_is_signalled_as_a_group),
        cmocka_unit_test(a_string_that_becomes_a_worker_is_one),
        cmocka_unit_test(a_string_whose_shell_stays_is_none),
        cmocka_unit_test(a_group_is_doubtful_where_the_words_speak_of_a_worker),
        cmocka_unit_test(every_prefix_of_a_string_has_an_answer),
        cmocka_unit_test(wrappers_may_be_as_deep_as_anybody_has_them),
        cmocka_unit_test(a_worker_with_more_words_than_fit_is_one),
        cmocka_unit_test(only_the_last_command_has_to_fit),
        cmocka_unit_test(what_does_not_fit_is_no_worker),
        cmocka_unit_test(each_option_of_run_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
