#include "process/scope.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/lines.h"
#include "process/shell_string.h"

enum { DEEPEST = 16, ASSIGNMENTS = -1 };

#define TINI "-g -s -v -w -p: -e:"

/* Programs that become the command behind their options, or pass signals on to it. `options`: those
 * that it can stand behind, with ':' where they take a value; `operands`: the words between. */
static const struct {
    const char *program;
    const char *options;
    int operands;
} wrappers[] = {
    {"tini", TINI, 0},
    {"tini-static", TINI, 0},
    {"docker-init", TINI, 0},
    {"dumb-init", "-c -v -r: --single-child --verbose --rewrite:", 0},
    {"catatonit", "-g", 0},
    {"gosu", "", 1},
    {"su-exec", "", 1},
    {"setpriv",
     "--nnp --no-new-privs --ambient-caps: --inh-caps: --bounding-set: --ruid: --euid: --rgid: "
     "--egid: --reuid: --regid: --clear-groups --keep-groups --init-groups --groups: --securebits: "
     "--pdeathsig: --ptracer: --selinux-label: --apparmor-profile: --reset-env",
     0},
    {"env",
     "- -i -v -u: -C: -a: --ignore-environment --debug --unset: --chdir: --argv0: --block-signal "
     "--default-signal --ignore-signal --list-signal-handling",
     ASSIGNMENTS},
    {"nice", "-n: --adjustment: -0 -1 -2 -3 -4 -5 -6 -7 -8 -9", 0},
    {"ionice", "-c: -n: -t --class: --classdata: --ignore", 0},
    {"nohup", "", 0},
    {"stdbuf", "-i: -o: -e: --input: --output: --error:", 0},
    {"setsid", "-c -w --ctty --wait", 0},
    {"chrt",
     "-b -d -f -i -o -r -R -v -T: -P: -D: --batch --deadline --fifo --idle --other --rr "
     "--reset-on-fork --verbose --sched-runtime: --sched-period: --sched-deadline:",
     1},
    {"taskset", "-a -c --all-tasks --cpu-list", 1},
    {"numactl",
     "-i: -N: -m: -C: -p: -P: -l --interleave: --cpunodebind: --membind: --physcpubind: "
     "--preferred: --localalloc",
     0},
    {"chroot", "--userspec: --groups: --skip-chdir", 1},
    {"runuser", "-u: -g: -G: -p --user: --group: --supp-group: --preserve-environment", 0},
    {"sudo", "-u: -g: -E -H -n -S --user: --group: --preserve-env --set-home", ASSIGNMENTS},
    {"s6-setuidgid", "", 1},
    {"eatmydata", "", 0},
    {"exec", "-c -l -a:", 0},
    {"busybox", "", 0},
    /* What watches Python programs, and becomes them. */
    {"ddtrace-run", "-d -i -p -v --debug --info --profiling --version", 0},
    {"opentelemetry-instrument",
     "--traces_exporter: --metrics_exporter: --logs_exporter: --service_name: --id_generator: "
     "--exporter_otlp_endpoint: --propagators:",
     0},
    {"newrelic-admin", "", 1},
};

static const char *const fernit_options =
    "--store: --store-mode: --secret-file: --cmd-timeout: --lock-timeout: --deliver: --config: "
    "--on-change: --manage: --airflow-version: --user: --db-check: --db-wait: --wait-for: "
    "--wait-timeout: "
    "--fetch-timeout: --sealed: --seal-key: --log-format: --signal-scope: --rewrite: --grace: "
    "--term-delay: --ok-exit: --pdeathsig: --allow-ephemeral --quiet --verbose --strict --resolve "
    "--sync --init --setsid --no-subreaper --no-new-privs";

/* Those before the subcommand. From -l on they are the worker's own, which Celery 4 took there. */
static const char *const celery_options =
    "-A: -b: -C -q --app: --broker: --result-backend: --loader: --config: --workdir: --no-color "
    "--quiet --skip-checks -l: -c: -P: -Q: -n: -E --loglevel: --concurrency: --pool: --queues: "
    "--hostname:";

/* Less -c and -m, behind which there are no more options. */
#define PYTHON_FLAGS "bBdEiIOPqRsSuvx"
static const char *const python_options = "-b -B -d -E -i -I -O -P -q -R -s -S -u -v -x -W: -X: "
                                          "--check-hash-based-pycs:";

/* Less those that read commands elsewhere or run none: -i -n -s -t. */
static const char *const shell_options =
    "-c -o: -O: -a -b -e -f -h -k -l -m -p -r -u -v -x -B -C -E -H -P -T --login --noprofile "
    "--norc --posix --restricted --verbose --rcfile: --init-file:";

static const char *const shells[] = {"sh", "bash", "dash", "ash", "zsh"};

static bool is_worker(char *const *words, int depth);

static bool is(const char *word, const char *expected)
{
    return word && strcmp(word, expected) == 0;
}

static bool starts_with(const char *word, const char *start)
{
    return strncmp(word, start, strlen(start)) == 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_entrypoint(const char *path)
{
    const char *name = base_name(path);
    return starts_with(name, "entrypoint") || starts_with(name, "docker-entrypoint");
}

/* ---- Options */

/* Whether `options` list this one; *valued: whether with a ':'. */
static bool is_option(const char *options, const char *name, size_t length, bool *valued)
{
    for (const char *p = options; *p; p += strspn(p, ": ")) {
        size_t listed = strcspn(p, ": ");
        *valued = p[listed] == ':';
        if (listed == length && memcmp(p, name, length) == 0)
            return true;
        p += listed;
    }
    return false;
}

/* How many words this option is: 1, or 2 with its value; 0 if it is not among `options`. */
static int option_words(const char *options, const char *word)
{
    bool valued = false;
    size_t length = strcspn(word, "=");
    if (word[1] == '\0' || word[1] == '-')
        return is_option(options, word, length, &valued) ? 1 + (valued && !word[length]) : 0;

    for (const char *letter = word + 1; *letter; letter++) {
        if (!is_option(options, (const char[]){'-', *letter}, 2, &valued))
            return 0;
        if (valued)
            return letter[1] ? 1 : 2;
    }
    return 1;
}

/* The first word that is none of these options, perhaps one not listed; or the final NULL. */
static char *const *behind_options(char *const *words, const char *options)
{
    while (*words && **words == '-') {
        if (is(*words, "--"))
            return words + 1;
        int count = option_words(options, *words);
        if (count == 0)
            break;
        words += count == 2 && words[1] ? 2 : 1;
    }
    return words;
}

static bool is_assignment(const char *word)
{
    size_t name = span_plain((struct span){word, strlen(word)}, "_");
    return name > 0 && word[name] == '=';
}

/* bash becomes the last command of its string also without exec, unless it has a redirection, the one
 * before it runs in the background, or there are traps; a shell that does not dies of the TERM,
 * whomever it is for. */
static bool string_is_worker(const char *text, char *const *zero, int depth)
{
    struct last_command last = {0};
    if (!shell_last_command(text, zero, &last) || !last.plain || last.before == '|' ||
        (last.after && last.after != ';' && last.after != '\n'))
        return false;

    char *const *words = last.words;
    while (*words && is_assignment(*words))
        words++;
    bool becomes =
        is(*words, "exec") || (last.before != '&' && !last.redirected && !strstr(text, "trap"));
    return becomes && is_worker(words, depth);
}

/* ---- Programs: `words` are those behind the program's own name */

static bool airflow_is_worker(char *const *words)
{
    if (is(*words, "celery") || is(*words, "edge"))
        words++;
    return is(*words, "worker");
}

static bool is_worker_program(const char *name, char *const *words)
{
    if (is(name, "airflow"))
        return airflow_is_worker(words);
    return is(name, "celery") && is(*behind_options(words, celery_options), "worker");
}

static bool python_is_worker(char *const *words)
{
    words = behind_options(words, python_options);
    const char *word = *words;
    if (!word)
        return false;
    if (*word != '-')
        return is_worker_program(base_name(word), words + 1);

    const char *module = word + 1 + strspn(word + 1, PYTHON_FLAGS);
    if (*module++ != 'm')
        return false;
    if (*module == '\0')
        module = *++words;
    return module && is_worker_program(module, words + 1);
}

static bool shell_is_worker(char *const *words, int depth)
{
    char *const *behind = behind_options(words, shell_options);
    bool is_string = false;
    for (; words < behind; words++)
        is_string = is_string || (**words == '-' && (*words)[1] != '-' && strchr(*words, 'c'));
    if (!*behind)
        return false;
    return is_string ? string_is_worker(behind[0], behind + 1, depth)
                     : is_entrypoint(behind[0]) && is_worker(behind, depth);
}

static bool wrapper_is_worker(const char *name, char *const *words, int depth)
{
    if (is(name, "fernit") && is(*words, "run"))
        return is_worker(behind_options(words + 1, fernit_options), depth);

    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        if (!is(name, wrappers[i].program))
            continue;
        words = behind_options(words, wrappers[i].options);
        for (int skipped = 0; *words && skipped < wrappers[i].operands; skipped++)
            words++;
        while (wrappers[i].operands == ASSIGNMENTS && *words && strchr(*words, '='))
            words++;
        return is_worker(words, depth);
    }
    return false;
}

static bool is_worker(char *const *words, int depth)
{
    if (!*words || depth == DEEPEST)
        return false;
    const char *name = base_name(*words++);
    depth++;

    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (is(name, shells[i]))
            return shell_is_worker(words, depth);
    if (starts_with(name, "python") && name[strspn(name, "python.0123456789")] == '\0')
        return python_is_worker(words);
    if (is_entrypoint(name))
        return airflow_is_worker(words) || is_worker(words, depth);
    return is_worker_program(name, words) || wrapper_is_worker(name, words, depth);
}

/* "worker", but not the "--workers" of a web server. */
static bool speaks_of_worker(const char *word)
{
    while ((word = strstr(word, "worker"))) {
        word += sizeof "worker" - 1;
        if (*word != 's')
            return true;
    }
    return false;
}

bool scope_is_doubtful(char *const *command)
{
    bool worker = false;
    bool program = false;
    for (; *command; command++) {
        worker |= speaks_of_worker(*command);
        program |= strstr(*command, "airflow") || strstr(*command, "celery");
    }
    return worker && program;
}

enum scope scope_for(char *const *command)
{
    return is_worker(command, 0) ? SCOPE_CHILD : SCOPE_GROUP;
}
