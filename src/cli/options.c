#include "cli/options.h"

#include <string.h>

#include "base/error.h"
#include "base/shown.h"

#define ROW(id, ...) [id] = {__VA_ARGS__}
#define LATER(index, name, topic, commands, fallback)                                              \
    [OPTION_LATER + (index)] = {name, KIND_LATER, topic, commands, "VALUE", fallback, NULL}
#define FOR_START (FOR_RUN | FOR_INIT | FOR_STATUS)

const struct topic topics[TOPIC_COUNT] = {
    [TOPIC_SOURCES] = {"sources", "where the key is looked for"},
    [TOPIC_STORE] = {"store", "the folder, on a volume, that keeps the key"},
    [TOPIC_CHANGES] = {"changes", "when another key comes, and the keys in the store"},
    [TOPIC_DELIVERY] = {"delivery", "how the command gets the key"},
    [TOPIC_USER] = {"user", "to start as root and become somebody else"},
    [TOPIC_SUPERVISE] = {"supervise", "to stay as process 1 (--init): signals, and the end"},
    [TOPIC_WAITING] = {"waiting", "what to wait for before the command starts"},
    [TOPIC_LOGS] = {"logs", "what fernit prints; warnings"},
    [TOPIC_SETTINGS] = {"settings", "variables, fernit.ini, and which of them counts"},
    [TOPIC_EXIT] = {"exit", "what a status means: 125, 126, 127, ..."},
    [TOPIC_STATUS] = {"status", "what status shows"},
};

const struct option options[OPTION_COUNT] = {
    ROW(OPTION_STORE, "store", KIND_TEXT, TOPIC_STORE, FOR_STORE, "DIR", "/var/lib/fernit",
        "the folder that keeps the key"),
    ROW(OPTION_STORE_MODE, "store-mode", KIND_MODE, TOPIC_STORE, FOR_STORE, "MODE", "0600",
        "mode of the files in it, the last two to share them with a group"),
    ROW(OPTION_SECRET_FILE, "secret-file", KIND_LIST, TOPIC_SOURCES, FOR_ALL, "PATH", NULL,
        "one more place to look for a mounted key (repeatable)"),
    ROW(OPTION_CMD_TIMEOUT, "cmd-timeout", KIND_DURATION, TOPIC_SOURCES, FOR_ALL, "TIME", "10s",
        "how long a ..._CMD may take"),
    ROW(OPTION_LOCK_TIMEOUT, "lock-timeout", KIND_DURATION, TOPIC_STORE, FOR_STORE, "TIME", "30s",
        "how long to wait for another fernit at the same store"),
    ROW(OPTION_DELIVER, "deliver", KIND_DELIVER, TOPIC_DELIVERY, FOR_START, "WAY", "env,cfg",
        "by its environment, by airflow.cfg or by both"),
    ROW(OPTION_ON_CHANGE, "on-change", KIND_CHANGE, TOPIC_CHANGES, FOR_START, "RULE", "keep",
        "what to do with such a key"),
    ROW(OPTION_MANAGE, "manage", KIND_MANAGE, TOPIC_SOURCES, FOR_START, "LIST",
        "fernet_key,secret_key,jwt_secret,internal_api_secret_key",
        "the secrets to find, keep and deliver, a comma list"),
    ROW(OPTION_AIRFLOW_VERSION, "airflow-version", KIND_TEXT, TOPIC_DELIVERY, FOR_START, "VERSION",
        "found", "which Airflow the command is, such as 2.10.5: it gets the names that it knows"),
    ROW(OPTION_ALLOW_EPHEMERAL, "allow-ephemeral", KIND_FLAG, TOPIC_STORE, FOR_START, NULL, "no",
        "make a key also where it will not outlive the container"),
    ROW(OPTION_STRICT, "strict", KIND_FLAG, TOPIC_LOGS, FOR_START, NULL, "no",
        "refuse where a warning would speak of security"),
    ROW(OPTION_SINGLE_WRITER, "assume-single-writer", KIND_FLAG, TOPIC_CHANGES,
        FOR_INIT | FOR_CHANGE, NULL, "no",
        "of these and of init: change the store although its locks do not reach other hosts"),
    ROW(OPTION_YES, "yes", KIND_FLAG, TOPIC_CHANGES, FOR_CHANGE, NULL, "no",
        "of key promote, retire, unretire, destroy: do it, and do not only say what would be done"),
    ROW(OPTION_CONFIG, "config", KIND_TEXT, TOPIC_SETTINGS, FOR_EVERY, "PATH", "/etc/fernit.ini",
        "the file, option = value under [fernit]"),
    ROW(OPTION_QUIET, "quiet", KIND_FLAG, TOPIC_LOGS, FOR_EVERY, NULL, "no", "print errors only"),
    ROW(OPTION_VERBOSE, "verbose", KIND_FLAG, TOPIC_LOGS, FOR_EVERY, NULL, "no",
        "print what is done, too"),
    ROW(OPTION_LOG_FORMAT, "log-format", KIND_FORMAT, TOPIC_LOGS, FOR_EVERY, "FORMAT", "text",
        "lines for people, or each one JSON object"),
    ROW(OPTION_JSON, "json", KIND_FLAG, TOPIC_STATUS, FOR_STATUS, NULL, "no",
        "one JSON object, for programs"),
    ROW(OPTION_RUN_COMMANDS, "run-commands", KIND_FLAG, TOPIC_STATUS, FOR_STATUS, NULL, "no",
        "run the ..._CMD that a run would run"),
    ROW(OPTION_USER, "user", KIND_TEXT, TOPIC_USER, FOR_STORE, "NAME[:GROUP]", "stay",
        "become this user, by name or number, before anything is looked at"),
    ROW(OPTION_NO_NEW_PRIVS, "no-new-privs", KIND_FLAG, TOPIC_USER, FOR_RUN, NULL, "no",
        "the command can gain no rights, by sudo for one"),
    ROW(OPTION_WAIT_FOR, "wait-for", KIND_LIST, TOPIC_WAITING, FOR_START, "WHAT", "none",
        "db, broker, tcp://HOST:PORT or unix:/PATH (repeatable)"),
    ROW(OPTION_WAIT_TIMEOUT, "wait-timeout", KIND_DURATION, TOPIC_WAITING, FOR_START, "TIME", "60s",
        "how long at most, for all of them together; 0: one try"),
    ROW(OPTION_INIT, "init", KIND_FLAG, TOPIC_SUPERVISE, FOR_RUN, NULL, "no",
        "stay, as process 1 or not, and supervise the command"),
    ROW(OPTION_SIGNAL_SCOPE, "signal-scope", KIND_SCOPE, TOPIC_SUPERVISE, FOR_RUN, "SCOPE", "auto",
        "whom signals are for"),
    ROW(OPTION_SETSID, "setsid", KIND_FLAG, TOPIC_SUPERVISE, FOR_RUN, NULL, "no",
        "give the command a session of its own"),
    ROW(OPTION_REWRITE, "rewrite", KIND_LIST, TOPIC_SUPERVISE, FOR_RUN, "SIG:SIG", "none",
        "pass one signal on as another, or not at all: HUP:0 (repeatable)"),
    ROW(OPTION_GRACE, "grace", KIND_DURATION, TOPIC_SUPERVISE, FOR_RUN, "TIME", "0",
        "after its end TERM what it has left, and KILL after this time"),
    ROW(OPTION_TERM_DELAY, "term-delay", KIND_DURATION, TOPIC_SUPERVISE, FOR_RUN, "TIME", "0",
        "wait so long before a TERM is passed on"),
    ROW(OPTION_OK_EXIT, "ok-exit", KIND_LIST, TOPIC_SUPERVISE, FOR_RUN, "N", "none",
        "report this status as 0, such as 143 (repeatable)"),
    ROW(OPTION_PDEATHSIG, "pdeathsig", KIND_SIGNAL, TOPIC_SUPERVISE, FOR_RUN, "SIG", "none",
        "get this signal when the process that started fernit ends"),
    ROW(OPTION_NO_SUBREAPER, "no-subreaper", KIND_FLAG, TOPIC_SUPERVISE, FOR_RUN, NULL, "no",
        "not being process 1, do not adopt what the command leaves"),
    LATER(0, "db-check", TOPIC_CHANGES, FOR_START, "auto"),
    LATER(1, "db-wait", TOPIC_CHANGES, FOR_START, "10s"),
    LATER(2, "resolve", TOPIC_SOURCES, FOR_START, "no"),
    LATER(3, "fetch-timeout", TOPIC_SOURCES, FOR_START, "60s"),
    LATER(4, "sync", TOPIC_SOURCES, FOR_START, "no"),
    LATER(5, "sealed", TOPIC_SOURCES, FOR_START, "none"),
    LATER(6, "seal-key", TOPIC_SOURCES, FOR_START, "none"),
};

/* In the order of what they stand for: values.c takes the place of a word for its value. */
static const char *const words[KIND_COUNT] = {
    [KIND_MODE] = "0600, 0640, 0660",
    [KIND_DELIVER] = "env, cfg, env,cfg",
    [KIND_CHANGE] = "keep, stage, refuse, replace",
    [KIND_MANAGE] = "fernet_key, secret_key, jwt_secret, internal_api_secret_key",
    [KIND_SCOPE] = "auto, child, group",
    [KIND_FORMAT] = "text, json",
};

const char *option_words(enum option_kind kind)
{
    return words[kind];
}

const char *option_default(const struct option *option)
{
    return option->kind == KIND_MANAGE ? "all of these" : option->fallback;
}

int option_word(enum option_kind kind, const char *text, size_t length)
{
    const char *word = words[kind];
    for (int place = 0;; place++) {
        const char *end = strstr(word, ", ");
        size_t whole = end ? (size_t)(end - word) : strlen(word);
        if (whole == length && memcmp(word, text, length) == 0)
            return place;
        if (!end)
            return -1;
        word = end + 2;
    }
}

static int same_letter(char a, char b, int underscores)
{
    return a == b || (underscores && a == '_' && b == '-');
}

bool option_is_flag_alone(size_t id)
{
    return id == OPTION_YES;
}

size_t option_named(const char *name, size_t length, int underscores)
{
    for (size_t id = 0; id < OPTION_COUNT; id++) {
        size_t i = 0;
        while (i < length && same_letter(name[i], options[id].name[i], underscores))
            i++;
        if (i == length && options[id].name[i] == '\0')
            return id;
    }
    return OPTION_COUNT;
}

const char *nearest_word(const char *word, const char *const *names)
{
    const char *nearest = *names;
    for (; *names; names++)
        if (word_distance(word, *names) < word_distance(word, nearest))
            nearest = *names;
    return nearest;
}

const char *nearest_option(const char *word)
{
    const char *names[OPTION_COUNT + 1] = {NULL};
    for (size_t i = 0; i < OPTION_COUNT; i++)
        names[i] = options[i].name;
    return nearest_word(word, names);
}

const char *nearest_setting(const char *word, bool in_ini)
{
    const char *names[OPTION_COUNT + 1] = {NULL};
    size_t count = 0;
    for (size_t id = 0; id < OPTION_COUNT; id++)
        if (!option_is_flag_alone(id) && options[id].kind != KIND_LATER &&
            !(in_ini && id == OPTION_CONFIG))
            names[count++] = options[id].name;
    return nearest_word(word, names);
}

static const char hidden[] = "...";

const char *shown_option(const char *word)
{
    return shown(word, nearest_option(word), hidden);
}

const char *shown_word(const char *word, const char *const *names)
{
    return shown(word, nearest_word(word, names), hidden);
}

int hint_on_shown(const char *text, struct error *err)
{
    return text == hidden ? error_hint(err, "\"...\" stands for a word that may be a secret") : -1;
}
