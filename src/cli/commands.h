/* The table of commands. The program prints its help from it. tools/pages.c makes the manual page, the completion for
 * bash and a table of doc/options.md from it. command/entry.c says what each command does. */
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
    const char *
        second; /* the second word, as "generate" of "key generate"; commands with the same first word stand together */
    unsigned
        options; /* the bit that options[].commands has for it: FOR_RUN and so on; 0: it takes no options */
    const char *arguments; /* NULL: none. The completion knows COMMAND, FILE, DIR, TOPIC */
    const char *summary;
};

extern const struct command commands[COMMAND_COUNT];

/* Returns the command of these words, or COMMAND_COUNT. `second` may be NULL; only a command with a second word uses
 * it. */
enum command_id command_named(const char *first, const char *second);

/* Lists the first words of all commands, or the second words that follow `first`. The list ends with NULL. */
void command_words(const char *first, const char *words[COMMAND_COUNT + 1]);
