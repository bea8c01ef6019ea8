#include "entry/options.h"

#include <string.h>

#define ROW(id, ...) [id] = {__VA_ARGS__}
#define LATER(index, name, commands, fallback)                                                     \
    [OPTION_LATER + (index)] = {name, KIND_LATER, commands, "VALUE", fallback, NULL}
#define FOR_START (FOR_RUN | FOR_INIT | FOR_STATUS)

const struct option options[OPTION_COUNT] = {
    ROW(OPTION_STORE, "store", KIND_TEXT, FOR_ALL, "DIR", "/var/lib/fernit",
        "the folder, on a volume, that keeps the key"),
    ROW(OPTION_STORE_MODE, "store-mode", KIND_MODE, FOR_ALL, "MODE", "0600",
        "mode of the files in it: 0600, or 0640, 0660 to share them with a group"),
    ROW(OPTION_SECRET_FILE, "secret-file", KIND_LIST, FOR_ALL, "PATH", NULL,
        "one more place to look for a mounted key (repeatable)"),
    ROW(OPTION_CMD_TIMEOUT, "cmd-timeout", KIND_DURATION, FOR_ALL, "TIME", "10s",
        "how long a ..._CMD may take"),
    ROW(OPTION_LOCK_TIMEOUT, "lock-timeout", KIND_DURATION, FOR_ALL, "TIME", "30s",
        "how long to wait for another fernit at the same store"),
    ROW(OPTION_DELIVER, "deliver", KIND_DELIVER, FOR_START, "env,cfg", "env,cfg",
        "how the command gets the key: its environment, airflow.cfg or both"),
    ROW(OPTION_ALLOW_EPHEMERAL, "allow-ephemeral", KIND_FLAG, FOR_START, NULL, "no",
        "do not ask for a volume when a key is made"),
    ROW(OPTION_CONFIG, "config", KIND_TEXT, FOR_ALL, "PATH", "/etc/fernit.ini",
        "a file with settings, option = value under [fernit]"),
    ROW(OPTION_QUIET, "quiet", KIND_FLAG, FOR_ALL, NULL, "no", "print errors only"),
    ROW(OPTION_VERBOSE, "verbose", KIND_FLAG, FOR_ALL, NULL, "no", "print what is done, too"),
    ROW(OPTION_JSON, "json", KIND_FLAG, FOR_STATUS, NULL, "no", "one JSON object, for programs"),
    ROW(OPTION_RUN_COMMANDS, "run-commands", KIND_FLAG, FOR_STATUS, NULL, "no",
        "run the ..._CMD that a run would run"),
    LATER(0, "on-change", FOR_START, "keep"),
    LATER(1, "manage", FOR_START, "fernet_key,secret_key,jwt_secret,internal_api_secret_key"),
    LATER(2, "strict", FOR_START, "no"),
    LATER(3, "user", FOR_START, "stay"),
    LATER(4, "db-check", FOR_START, "auto"),
    LATER(5, "db-wait", FOR_START, "10s"),
    LATER(6, "wait-for", FOR_START, "none"),
    LATER(7, "wait-timeout", FOR_START, "60s"),
    LATER(8, "resolve", FOR_START, "no"),
    LATER(9, "fetch-timeout", FOR_START, "60s"),
    LATER(10, "sync", FOR_START, "no"),
    LATER(11, "sealed", FOR_START, "none"),
    LATER(12, "seal-key", FOR_START, "none"),
    LATER(13, "log-format", FOR_ALL, "text"),
    LATER(14, "init", FOR_RUN, "no"),
    LATER(15, "signal-scope", FOR_RUN, "auto"),
    LATER(16, "setsid", FOR_RUN, "no"),
    LATER(17, "rewrite", FOR_RUN, "none"),
    LATER(18, "grace", FOR_RUN, "0"),
    LATER(19, "term-delay", FOR_RUN, "0"),
    LATER(20, "ok-exit", FOR_RUN, "none"),
    LATER(21, "pdeathsig", FOR_RUN, "none"),
    LATER(22, "no-subreaper", FOR_RUN, "no"),
    LATER(23, "no-new-privs", FOR_RUN, "no"),
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
