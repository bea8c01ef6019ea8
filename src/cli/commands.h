/* The one table of commands. Help is made from it, and so are, by tools/pages.c, the manual page, the completion for
 * bash and the README's table. command/entry.c says what each command does. */
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
    const char *second;    /* "generate" of "key generate"; commands of one name stand together */
    unsigned options;      /* whose options it takes: FOR_RUN and so on; 0: none */
    const char *arguments; /* NULL: none. The completion knows COMMAND, FILE, DIR, TOPIC */
    const char *summary;
};

extern const struct command commands[COMMAND_COUNT];

/* The command of these words, or COMMAND_COUNT. `second` may be NULL, and matters only where the table has a second
 * word. */
enum command_id command_named(const char *first, const char *second);

/* The first words of all commands, or the second words behind `first`. Ends with NULL. */
void command_words(const char *first, const char *words[COMMAND_COUNT + 1]);
