/* The one table of options: the command line, FERNIT_* variables, fernit.ini and help come from it, and by
 * doc/pages.c the manual pages, the completion for bash and the README's table. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct error;

/* Commands that take options, as bits. */
enum {
    FOR_RUN = 1,
    FOR_INIT = 2,
    FOR_STATUS = 4,
    FOR_KEY = 8,     /* those key commands that look for the key as a run does */
    FOR_CHANGE = 16, /* those that change the store */
    FOR_INSTALL = 32,
    FOR_ALL = FOR_RUN | FOR_INIT | FOR_STATUS | FOR_KEY,
    FOR_STORE = FOR_ALL | FOR_CHANGE,
    FOR_EVERY = FOR_STORE | FOR_INSTALL,
};

enum option_kind {
    KIND_FLAG,     /* 1/0, true/false, yes/no, on/off; alone on the command line: yes */
    KIND_TEXT,     /* anything but nothing */
    KIND_LIST,     /* repeatable; a comma list in the environment and in fernit.ini */
    KIND_DURATION, /* 500ms, 10s, 2m */
    KIND_MODE,     /* 0600, 0640, 0660 */
    KIND_DELIVER,  /* env, cfg, or both as a comma list */
    KIND_CHANGE,   /* keep, stage, refuse, replace */
    KIND_MANAGE,   /* names of secrets, as a comma list */
    KIND_SCOPE,    /* auto, child, group */
    KIND_FORMAT,   /* text, json */
    KIND_SIGNAL,   /* a signal's name or number, or none */
    KIND_LATER,    /* of a part that this version has not: its default and "off" are accepted */
    KIND_COUNT,
};

/* What an option is about: `fernit help TOPIC` is a page on each. In the order in which they are listed. */
enum option_topic {
    TOPIC_SOURCES,
    TOPIC_STORE,
    TOPIC_CHANGES,
    TOPIC_DELIVERY,
    TOPIC_USER,
    TOPIC_SUPERVISE, /* what needs --init */
    TOPIC_WAITING,
    TOPIC_LOGS,
    TOPIC_SETTINGS,
    TOPIC_EXIT,   /* has a page, and no options */
    TOPIC_STATUS, /* this and what follows are pages of commands */
    TOPIC_COUNT,
};

struct topic {
    const char *name;
    const char *title;
};

extern const struct topic topics[TOPIC_COUNT];

enum option_id {
    OPTION_STORE,
    OPTION_STORE_MODE,
    OPTION_SECRET_FILE,
    OPTION_CMD_TIMEOUT,
    OPTION_LOCK_TIMEOUT,
    OPTION_DELIVER,
    OPTION_ON_CHANGE,
    OPTION_MANAGE,
    OPTION_AIRFLOW_VERSION,
    OPTION_ALLOW_EPHEMERAL,
    OPTION_STRICT,
    OPTION_SINGLE_WRITER,
    OPTION_YES,
    OPTION_CONFIG,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_LOG_FORMAT,
    OPTION_JSON,
    OPTION_RUN_COMMANDS,
    OPTION_USER,
    OPTION_NO_NEW_PRIVS,
    OPTION_WAIT_FOR,
    OPTION_WAIT_TIMEOUT,
    OPTION_INIT,
    OPTION_SIGNAL_SCOPE,
    OPTION_SETSID,
    OPTION_REWRITE,
    OPTION_GRACE,
    OPTION_TERM_DELAY,
    OPTION_OK_EXIT,
    OPTION_PDEATHSIG,
    OPTION_NO_SUBREAPER,
    OPTION_LATER, /* this and all behind it are KIND_LATER, or flags of that sort */
    OPTION_COUNT = OPTION_LATER + 7,
};

struct option {
    const char *name; /* "cmd-timeout": --cmd-timeout, FERNIT_CMD_TIMEOUT, cmd_timeout = */
    enum option_kind kind;
    enum option_topic topic;
    unsigned commands; /* on whose command line it may stand */
    const char *metavar;
    const char *fallback; /* the default, in the form in which it would be given; NULL: none */
    const char *help; /* NULL for KIND_LATER; the words of its kind follow it where it is printed */
};

extern const struct option options[OPTION_COUNT];

/* Whether it is for the command line alone: a confirmation that stands in the environment would confirm all. */
bool option_is_flag_alone(size_t id);

/* The option of this name, of which `length` bytes count, or OPTION_COUNT. '_' and '-' are alike when
 * `underscores` says so. */
size_t option_named(const char *name, size_t length, int underscores);

/* The words that options of this kind take, as a list: "keep, stage, refuse, replace". NULL where they take
 * other values. */
const char *option_words(enum option_kind kind);

/* The default as it is shown to people; NULL: none. */
const char *option_default(const struct option *option);

/* Which of these words `text` is, of which `length` bytes count: 0 for the first; -1 for none. */
int option_word(enum option_kind kind, const char *text, size_t length);

/* The name in `names` (ends with NULL) that is nearest to `word`, by edit distance. */
const char *nearest_word(const char *word, const char *const *names);

/* The option's name that is nearest to `word`. */
const char *nearest_option(const char *word);

/* The same of those that have a variable, or that fernit.ini may hold. */
const char *nearest_setting(const char *word, bool in_ini);

/* `word`, where an option or a name in `names` belongs, as a message may show it (base/shown.h): "..." where it may be a
 * secret. */
const char *shown_option(const char *word);
const char *shown_word(const char *word, const char *const *names);

/* Adds the hint why a word is not shown, if that is so. Returns -1. */
int hint_on_shown(const char *text, struct error *err);
