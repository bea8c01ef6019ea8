#include "cli/options.h"

#include <string.h>

#define ROW(id, option, ...) [id] = {.name = option, __VA_ARGS__}

/* A kind, and the field for its value. The compiler refuses a field of another type. */
#define FIELD(kind, field, type)                                                                   \
    kind, _Generic(((struct settings *)NULL)->field, __typeof__(type)                              \
                   : offsetof(struct settings, field))
#define FLAG(field) FIELD(KIND_FLAG, field, bool)
#define FOLDER(field) FIELD(KIND_FOLDER, field, const char *)
#define PATH(field) FIELD(KIND_FILE, field, const char *)
#define USER(field) FIELD(KIND_USER, field, const char *)
#define DURATION(field) FIELD(KIND_DURATION, field, int64_t)
#define MODE(field) FIELD(KIND_MODE, field, mode_t)
#define WORD(field, type) FIELD(KIND_WORD, field, type)
#define SET(field) FIELD(KIND_SET, field, unsigned)
#define SIGNAL(field) FIELD(KIND_SIGNAL, field, int)
#define VERSION(field) FIELD(KIND_VERSION, field, int)
#define PATHS(field) FIELD(KIND_FILES, field, struct paths)
#define WAITS(field) FIELD(KIND_WAITS, field, struct wait_targets)
#define REWRITES(field) FIELD(KIND_REWRITES, field, uint8_t *)
#define STATUSES(field) FIELD(KIND_STATUSES, field, uint64_t *)

/* Enums whose values are the indexes of `words` in the table. */
_Static_assert(ON_CHANGE_KEEP == 0 && ON_CHANGE_STAGE == 1 && ON_CHANGE_REFUSE == 2 &&
                   ON_CHANGE_REPLACE == 3,
               "the words of --on-change");
_Static_assert(SCOPE_AUTO == 0 && SCOPE_CHILD == 1 && SCOPE_GROUP == 2, "those of --signal-scope");
_Static_assert(LOG_TEXT == 0 && LOG_JSON == 1, "those of --log-format");
_Static_assert(DELIVER_ENVIRONMENT == 1 && DELIVER_CFG == 2, "those of --deliver");

const struct topic topics[TOPIC_COUNT] = {
    [TOPIC_SOURCES] = {"sources", "where the key is looked for"},
    [TOPIC_STORE] = {"store", "the folder, on a volume, that keeps the key"},
    [TOPIC_CHANGES] = {"changes", "what happens when a source has another key"},
    [TOPIC_DELIVERY] = {"delivery", "how the command gets the key"},
    [TOPIC_USER] = {"user", "start as root, then become another user"},
    [TOPIC_SUPERVISE] = {"supervise",
                         "stay as process 1 (--init): signals, exit, what is left behind"},
    [TOPIC_WAITING] = {"waiting", "what to wait for before the command starts"},
    [TOPIC_LOGS] = {"logs", "what fernit prints; warnings"},
    [TOPIC_SETTINGS] = {"settings", "variables, fernit.ini, and which value is used"},
    [TOPIC_EXIT] = {"exit", "what a status means: 125, 126, 127, ..."},
    [TOPIC_STATUS] = {"status", "what status shows"},
};

const struct option options[OPTION_COUNT] = {
    ROW(OPTION_STORE, "store", FOLDER(store), TOPIC_STORE, FOR_STORE, "DIR", "/var/lib/fernit",
        "the folder that keeps the key", .carried = CARRIED_BY_ALL),
    ROW(OPTION_STORE_MODE, "store-mode", MODE(store_mode), TOPIC_STORE, FOR_STORE, "MODE", "0600",
        "mode of the files in it, the last two to share them with a group",
        .words = "0600, 0640, 0660", .carried = CARRIED_BY_ALL),
    ROW(OPTION_SECRET_FILE, "secret-file", PATHS(secret_files), TOPIC_SOURCES, FOR_ALL, "PATH",
        NULL, "one more place to look for a mounted key (repeatable)", .carried = CARRIED_BY_INIT),
    ROW(OPTION_CMD_TIMEOUT, "cmd-timeout", DURATION(cmd_timeout), TOPIC_SOURCES, FOR_ALL, "TIME",
        "10s", "how long a ..._CMD may take", .carried = CARRIED_BY_INIT),
    ROW(OPTION_LOCK_TIMEOUT, "lock-timeout", DURATION(lock_timeout), TOPIC_STORE, FOR_STORE, "TIME",
        "30s", "how long to wait for another fernit at the same store", .carried = CARRIED_BY_INIT),
    ROW(OPTION_DELIVER, "deliver", SET(deliver), TOPIC_DELIVERY, FOR_START, "WAY", "env,cfg",
        "by its environment, by airflow.cfg or by both", .words = "env, cfg",
        .carried = CARRIED_BY_INIT),
    ROW(OPTION_ON_CHANGE, "on-change", WORD(on_change, enum on_change), TOPIC_CHANGES, FOR_START,
        "RULE", "keep", "what to do with such a key", .words = "keep, stage, refuse, replace",
        .carried = CARRIED_BY_INIT),
    ROW(OPTION_MANAGE, "manage", SET(manage), TOPIC_SOURCES, FOR_START, "LIST", NULL,
        "the secrets to find, keep and deliver, a comma list",
        .words = "fernet_key, secret_key, jwt_secret, internal_api_secret_key",
        .carried = CARRIED_BY_INIT),
    ROW(OPTION_AIRFLOW_VERSION, "airflow-version", VERSION(airflow), TOPIC_DELIVERY, FOR_START,
        "VERSION", "found",
        "which Airflow the command is, such as 2.10.5: it gets the names that it knows",
        .carried = CARRIED_BY_INIT),
    ROW(OPTION_ALLOW_EPHEMERAL, "allow-ephemeral", FLAG(allow_ephemeral), TOPIC_STORE, FOR_START,
        NULL, "no", "create a key also where it will not outlive the container",
        .carried = CARRIED_BY_INIT),
    ROW(OPTION_STRICT, "strict", FLAG(strict), TOPIC_LOGS, FOR_START, NULL, "no",
        "refuse where a warning would be about security", .carried = CARRIED_BY_INIT),
    ROW(OPTION_SINGLE_WRITER, "assume-single-writer", FLAG(single_writer), TOPIC_CHANGES,
        FOR_INIT | FOR_CHANGE, NULL, "no",
        "of these and of init: change the store although its locks do not reach other hosts"),
    ROW(OPTION_YES, "yes", FLAG(yes), TOPIC_CHANGES, FOR_CHANGE, NULL, "no",
        "of key promote, retire, unretire, destroy: do it, and do not only say what would be done",
        .weakest = ORIGIN_FLAG),
    ROW(OPTION_CONFIG, "config", PATH(config), TOPIC_SETTINGS, FOR_EVERY, "PATH", "/etc/fernit.ini",
        "the file, option = value under [fernit]", .carried = CARRIED_BY_ALL,
        .weakest = ORIGIN_ENVIRONMENT),
    ROW(OPTION_QUIET, "quiet", FLAG(quiet), TOPIC_LOGS, FOR_EVERY, NULL, "no", "print errors only"),
    ROW(OPTION_VERBOSE, "verbose", FLAG(verbose), TOPIC_LOGS, FOR_EVERY, NULL, "no",
        "also print what fernit does"),
    ROW(OPTION_LOG_FORMAT, "log-format", WORD(log_format, enum log_format), TOPIC_LOGS, FOR_EVERY,
        "FORMAT", "text", "lines for people, or a JSON object on each", .words = "text, json"),
    ROW(OPTION_JSON, "json", FLAG(json), TOPIC_STATUS, FOR_STATUS, NULL, "no",
        "one JSON object, for programs"),
    ROW(OPTION_RUN_COMMANDS, "run-commands", FLAG(run_commands), TOPIC_STATUS, FOR_STATUS, NULL,
        "no", "run the ..._CMD that a run would run"),
    ROW(OPTION_USER, "user", USER(user), TOPIC_USER, FOR_STORE, "NAME[:GROUP]", "stay",
        "become this user (name or number) before anything is read", .carried = CARRIED_BY_ALL),
    ROW(OPTION_NO_NEW_PRIVS, "no-new-privs", FLAG(no_new_privileges), TOPIC_USER, FOR_RUN, NULL,
        "no", "the command cannot gain rights, for example by sudo"),
    ROW(OPTION_WAIT_FOR, "wait-for", WAITS(wait_targets), TOPIC_WAITING, FOR_START, "WHAT", "none",
        "db, broker, tcp://HOST:PORT or unix:/PATH (repeatable)"),
    ROW(OPTION_WAIT_TIMEOUT, "wait-timeout", DURATION(wait_timeout), TOPIC_WAITING, FOR_START,
        "TIME", "60s", "how long at most, for all targets together; 0: one try"),
    ROW(OPTION_INIT, "init", FLAG(init), TOPIC_SUPERVISE, FOR_RUN, NULL, "no",
        "stay, as process 1 or not, and supervise the command"),
    ROW(OPTION_SIGNAL_SCOPE, "signal-scope", WORD(supervision.scope, enum scope), TOPIC_SUPERVISE,
        FOR_RUN, "SCOPE", "auto", "whom signals are for", .words = "auto, child, group"),
    ROW(OPTION_SETSID, "setsid", FLAG(supervision.own_session), TOPIC_SUPERVISE, FOR_RUN, NULL,
        "no", "give the command a session of its own"),
    ROW(OPTION_REWRITE, "rewrite", REWRITES(supervision.rewrite), TOPIC_SUPERVISE, FOR_RUN,
        "SIG:SIG", "none", "forward one signal as another, or not at all: HUP:0 (repeatable)"),
    ROW(OPTION_GRACE, "grace", DURATION(supervision.grace), TOPIC_SUPERVISE, FOR_RUN, "TIME", "0",
        "after its end TERM what it leaves behind, KILL after this time"),
    ROW(OPTION_TERM_DELAY, "term-delay", DURATION(supervision.term_delay), TOPIC_SUPERVISE, FOR_RUN,
        "TIME", "0", "wait so long before a TERM is forwarded"),
    ROW(OPTION_OK_EXIT, "ok-exit", STATUSES(supervision.good_statuses), TOPIC_SUPERVISE, FOR_RUN,
        "N", "none", "report this status as 0, such as 143 (repeatable)"),
    ROW(OPTION_PDEATHSIG, "pdeathsig", SIGNAL(parent_death_signal), TOPIC_SUPERVISE, FOR_RUN, "SIG",
        "none", "get this signal when the process that started fernit ends"),
    ROW(OPTION_NO_SUBREAPER, "no-subreaper", FLAG(supervision.no_subreaper), TOPIC_SUPERVISE,
        FOR_RUN, NULL, "no", "when not process 1, do not adopt what the command leaves"),
};

bool option_is_repeatable(size_t id)
{
    return options[id].kind >= KIND_FILES;
}

bool option_may_come_from(size_t id, enum origin origin)
{
    return origin >= options[id].weakest;
}

const char *option_default(const struct option *option)
{
    return option->kind == KIND_SET && !option->fallback ? "all of these" : option->fallback;
}

int option_word(const struct option *option, const char *text, size_t length)
{
    const char *word = option->words;
    for (int number = 0;; number++) {
        size_t whole = strcspn(word, ",");
        if (whole == length && memcmp(word, text, length) == 0)
            return number;
        if (!word[whole])
            return -1;
        word += whole + 2;
    }
}

size_t option_named(const char *name, size_t length, bool underscores)
{
    for (size_t id = 0; id < OPTION_COUNT; id++) {
        const char *known = options[id].name;
        size_t i = 0;
        while (i < length &&
               (name[i] == known[i] || (underscores && name[i] == '_' && known[i] == '-')))
            i++;
        if (i == length && known[i] == '\0')
            return id;
    }
    return OPTION_COUNT;
}

size_t option_names(enum origin origin, const char *names[OPTION_COUNT + 1])
{
    size_t count = 0;
    for (size_t id = 0; id < OPTION_COUNT; id++)
        if (option_may_come_from(id, origin))
            names[count++] = options[id].name;
    names[count] = NULL;
    return count;
}
