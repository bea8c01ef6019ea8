/* The one table of commands: what a person types, and what help and, by doc/pages.c, the manual page, the
 * completion for bash and the README say of it. What each does stands in entry.c. */
#pragma once

enum command_id {
    COMMAND_RUN,
    COMMAND_INIT,
    COMMAND_STATUS,
    COMMAND_KEY_GENERATE,
    COMMAND_KEY_PRINT,
    COMMAND_KEY_CHECK,
    COMMAND_KEY_FINGERPRINT,
    COMMAND_KEY_PROMOTE,
    COMMAND_KEY_RETIRE,
    COMMAND_KEY_UNRETIRE,
    COMMAND_KEY_DESTROY,
    COMMAND_INSTALL,
    COMMAND_VERSION,
    COMMAND_HELP,
    COMMAND_COUNT,
};

struct command {
    const char *name;
    const char *second;    /* "generate" of "key generate"; those of one name stand together */
    unsigned options;      /* whose options it takes: FOR_RUN and so on; 0: none */
    const char *arguments; /* NULL: none. COMMAND, FILE, DIR, FP, TOPIC say what a word is */
    const char *summary;
};

extern const struct command commands[COMMAND_COUNT];

/* The command of these words, of which `second` may be NULL and counts only where there is a choice; or
 * COMMAND_COUNT. */
enum command_id command_named(const char *first, const char *second);

/* The words that may stand first; with `first` those that may stand behind it. Ends with NULL. */
void command_words(const char *first, const char *words[COMMAND_COUNT + 1]);
