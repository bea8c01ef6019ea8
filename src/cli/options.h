/* The table of options. The command line, the FERNIT_* variables, fernit.ini and help are read and printed by it.
 * tools/pages.c makes the manual pages, the completion for bash and the tables of doc/options.md from it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/settings.h"

/* Commands that take options, as bits. */
enum {
    FOR_RUN = 1,
    FOR_INIT = 2,
    FOR_STATUS = 4,
    FOR_KEY = 8,     /* key commands that find the key as a run does */
    FOR_CHANGE = 16, /* key commands that change the store */
    FOR_INSTALL = 32,
    FOR_START = FOR_RUN | FOR_INIT | FOR_STATUS,
    FOR_ALL = FOR_START | FOR_KEY,
    FOR_STORE = FOR_ALL | FOR_CHANGE,
    FOR_EVERY = FOR_STORE | FOR_INSTALL,
};

/* What a value looks like, and the type of the field that it fills. values.c reads each kind. */
enum option_kind {
    KIND_FLAG, /* bool: 1/0, true/false, yes/no, on/off; without a value on the command line: yes */
    KIND_FOLDER,   /* const char *: an absolute path */
    KIND_FILE,     /* const char *: a path */
    KIND_USER,     /* const char *: a user's name or number; NULL at the default */
    KIND_DURATION, /* int64_t, milliseconds: 500ms, 10s, 2m */
    KIND_MODE,     /* mode_t: one of `words`, in octal */
    KIND_WORD,     /* enum: one of `words`, which stand in the enum's order */
    KIND_SET, /* unsigned: a comma list of `words`, bit 0 for the first; no default: all of them */
    KIND_SIGNAL,  /* int: a signal's name or number; 0 for none */
    KIND_VERSION, /* int, as in airflow/version.h */
    /* Repeatable; a comma list in the environment and in fernit.ini. */
    KIND_FILES,    /* struct paths */
    KIND_WAITS,    /* struct wait_targets */
    KIND_REWRITES, /* uint8_t[]: base/signal_name.h */
    KIND_STATUSES, /* uint64_t[4]: a bit for each exit status */
    KIND_COUNT,
};

/* The topic of an option, in the order of the pages. `fernit help TOPIC` prints each. */
enum option_topic {
    TOPIC_SOURCES,
    TOPIC_STORE,
    TOPIC_CHANGES,
    TOPIC_DELIVERY,
    TOPIC_USER,
    TOPIC_SUPERVISE, /* options that need --init */
    TOPIC_WAITING,
    TOPIC_LOGS,
    TOPIC_SETTINGS,
    TOPIC_EXIT,   /* a page without options */
    TOPIC_STATUS, /* this and the following are pages of commands */
    TOPIC_COUNT,
};

struct topic {
    const char *name;
    const char *title;
};

extern const struct topic topics[TOPIC_COUNT];

/* Which of the commands that messages suggest carry the option: suggest.h. */
enum option_carried { CARRIED_BY_NONE, CARRIED_BY_INIT, CARRIED_BY_ALL };

struct option {
    const char *name; /* "cmd-timeout": --cmd-timeout, FERNIT_CMD_TIMEOUT, cmd_timeout = */
    enum option_kind kind;
    size_t field; /* its offset in struct settings */
    enum option_topic topic;
    unsigned commands;    /* bits of the commands that take it */
    const char *metavar;  /* NULL for a flag */
    const char *fallback; /* the default, as a user would write it; NULL: none */
    const char *help;     /* help prints `words` after it */
    const char *
        words; /* the words that it takes: "keep, stage, refuse, replace"; NULL: it takes other values */
    enum option_carried carried;
    enum origin weakest; /* the weakest place that may set it; ORIGIN_DEFAULT: every place may */
};

extern const struct option options[OPTION_COUNT];

bool option_is_repeatable(size_t id);

/* Whether `origin` may set it. For example, a confirmation in the environment would confirm every command. */
bool option_may_come_from(size_t id, enum origin origin);

/* Returns the option whose name is the first `length` bytes of `name`, or OPTION_COUNT. With `underscores` '_' counts
 * as '-'. */
size_t option_named(const char *name, size_t length, bool underscores);

/* The default as help shows it; NULL: none. */
const char *option_default(const struct option *option);

/* The index of the word among the option's words: 0 for the first, -1 for none. The word is the first `length` bytes
 * of `text`. */
int option_word(const struct option *option, const char *text, size_t length);

/* Lists the names of the options that `origin` may set. The list ends with NULL. Returns their number. */
size_t option_names(enum origin origin, const char *names[OPTION_COUNT + 1]);
