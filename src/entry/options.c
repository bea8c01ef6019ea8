#include "entry/options.h"

#include <string.h>

#define ROW(id, ...) [id] = {__VA_ARGS__}
#define LATER(index, name, commands, fallback)                                                     \
    [OPTION_LATER + (index)] = {name, KIND_LATER, commands, "VALUE", fallback, NULL}
#define FOR_START (FOR_RUN | FOR_INIT | FOR_STATUS)

const struct option options[OPTION_COUNT] = {
    ROW(OPTION_STORE, "store", KIND_TEXT, FOR_STORE, "DIR", "/var/lib/fernit",
        "the folder, on a volume, that keeps the key"),
    ROW(OPTION_STORE_MODE, "store-mode", KIND_MODE, FOR_STORE, "MODE", "0600",
        "mode of the files in it: 0600, or 0640, 0660 to share them with a group"),
    ROW(OPTION_SECRET_FILE, "secret-file", KIND_LIST, FOR_ALL, "PATH", NULL,
        "one more place to look for a mounted key (repeatable)"),
    ROW(OPTION_CMD_TIMEOUT, "cmd-timeout", KIND_DURATION, FOR_ALL, "TIME", "10s",
        "how long a ..._CMD may take"),
    ROW(OPTION_LOCK_TIMEOUT, "lock-timeout", KIND_DURATION, FOR_STORE, "TIME", "30s",
        "how long to wait for another fernit at the same store"),
    ROW(OPTION_DELIVER, "deliver", KIND_DELIVER, FOR_START, "env,cfg", "env,cfg",
        "how the command gets the key: its environment, airflow.cfg or both"),
    ROW(OPTION_ON_CHANGE, "on-change", KIND_CHANGE, FOR_START, "RULE", "keep",
        "a key from outside that the store has never seen: keep, stage, refuse, replace"),
    ROW(OPTION_MANAGE, "manage", KIND_MANAGE, FOR_START, "LIST",
        "fernet_key,secret_key,jwt_secret,internal_api_secret_key",
        "the secrets to find, keep and deliver"),
    ROW(OPTION_ALLOW_EPHEMERAL, "allow-ephemeral", KIND_FLAG, FOR_START, NULL, "no",
        "make a key also where it will not outlive the container"),
    ROW(OPTION_STRICT, "strict", KIND_FLAG, FOR_START, NULL, "no",
        "refuse where a warning would speak of security"),
    ROW(OPTION_SINGLE_WRITER, "assume-single-writer", KIND_FLAG, FOR_INIT | FOR_CHANGE, NULL, "no",
        "change the store although its locks do not reach other hosts"),
    ROW(OPTION_YES, "yes", KIND_FLAG, FOR_CHANGE, NULL, "no",
        "do it; else promote, retire, unretire, destroy say what they would do"),
    ROW(OPTION_CONFIG, "config", KIND_TEXT, FOR_STORE, "PATH", "/etc/fernit.ini",
        "a file with settings, option = value under [fernit]"),
    ROW(OPTION_QUIET, "quiet", KIND_FLAG, FOR_STORE, NULL, "no", "print errors only"),
    ROW(OPTION_VERBOSE, "verbose", KIND_FLAG, FOR_STORE, NULL, "no", "print what is done, too"),
    ROW(OPTION_LOG_FORMAT, "log-format", KIND_FORMAT, FOR_STORE, "FORMAT", "text",
        "of fernit's lines: text, or json: each one object"),
    ROW(OPTION_JSON, "json", KIND_FLAG, FOR_STATUS, NULL, "no", "one JSON object, for programs"),
    ROW(OPTION_RUN_COMMANDS, "run-commands", KIND_FLAG, FOR_STATUS, NULL, "no",
        "run the ..._CMD that a run would run"),
    ROW(OPTION_USER, "user", KIND_TEXT, FOR_STORE, "NAME[:GROUP]", "stay",
        "become this user, by name or number, before anything is looked at"),
    ROW(OPTION_NO_NEW_PRIVS, "no-new-privs", KIND_FLAG, FOR_RUN, NULL, "no",
        "the command can gain no rights, by sudo for one"),
    ROW(OPTION_WAIT_FOR, "wait-for", KIND_LIST, FOR_START, "WHAT", "none",
        "wait before the command: db, broker, tcp://HOST:PORT, unix:/PATH (repeatable)"),
    ROW(OPTION_WAIT_TIMEOUT, "wait-timeout", KIND_DURATION, FOR_START, "TIME", "60s",
        "how long at most, for all of them; 0: one try"),
    ROW(OPTION_INIT, "init", KIND_FLAG, FOR_RUN, NULL, "no",
        "stay, as process 1 or not, and supervise the command"),
    ROW(OPTION_SIGNAL_SCOPE, "signal-scope", KIND_SCOPE, FOR_RUN, "SCOPE", "auto",
        "whom signals are for: child, group; auto: group, but child for a worker"),
    ROW(OPTION_SETSID, "setsid", KIND_FLAG, FOR_RUN, NULL, "no",
        "give the command a session of its own"),
    ROW(OPTION_REWRITE, "rewrite", KIND_LIST, FOR_RUN, "SIG:SIG", "none",
        "pass one signal on as another, or not at all: HUP:0 (repeatable)"),
    ROW(OPTION_GRACE, "grace", KIND_DURATION, FOR_RUN, "TIME", "0",
        "after its end TERM what it has left, and KILL after this time"),
    ROW(OPTION_TERM_DELAY, "term-delay", KIND_DURATION, FOR_RUN, "TIME", "0",
        "wait so long before a TERM is passed on"),
    ROW(OPTION_OK_EXIT, "ok-exit", KIND_LIST, FOR_RUN, "N", "none",
        "report this status as 0, such as 143 (repeatable)"),
    ROW(OPTION_PDEATHSIG, "pdeathsig", KIND_SIGNAL, FOR_RUN, "SIG", "none",
        "get this signal when the process that started fernit ends"),
    ROW(OPTION_NO_SUBREAPER, "no-subreaper", KIND_FLAG, FOR_RUN, NULL, "no",
        "not being process 1, do not adopt what the command leaves"),
    LATER(0, "db-check", FOR_START, "auto"),
    LATER(1, "db-wait", FOR_START, "10s"),
    LATER(2, "resolve", FOR_START, "no"),
    LATER(3, "fetch-timeout", FOR_START, "60s"),
    LATER(4, "sync", FOR_START, "no"),
    LATER(5, "sealed", FOR_START, "none"),
    LATER(6, "seal-key", FOR_START, "none"),
};

static int same_letter(char a, char b, int underscores)
{
    return a == b || (underscores && a == '_' && b == '-');
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

/* Levenshtein's distance, of words that are cut at 31 letters. */
static size_t distance(const char *a, const char *b)
{
    enum { MOST = 31 };
    size_t row[MOST + 1];
    size_t length = strnlen(b, MOST);
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; i <= strnlen(a, MOST); i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t least = row[j - 1] + 1 < row[j] + 1 ? row[j - 1] + 1 : row[j] + 1;
            row[j] = substituted < least ? substituted : least;
        }
    }
    return row[length];
}

const char *nearest_word(const char *word, const char *const *names)
{
    const char *nearest = *names;
    for (; *names; names++)
        if (distance(word, *names) < distance(word, nearest))
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
