/* Unknown commands, options and settings: the error, and a hint with the name that the user probably meant.
 *
 * The word may be a secret in the wrong place. The message shows it only where base/shown.h allows it, else "...". */
#pragma once

struct error;

/* Returns the name in `names` (ends with NULL) that `word` probably means: at most a third of the name's letters
 * differ, or one begins with the other. NULL: none. */
const char *nearest_word(const char *word, const char *const *names);

struct unknown {
    const char *before; /* text before the word in the message: "--" */
    const char *word;
    const char *what;         /* "an option" */
    const char *const *names; /* the known names; ends with NULL */
    const char *prefix;       /* text before a name in the hint */
    const char *otherwise;    /* the hint if no name is near; NULL: none */
};

/* Each fills the error with ERROR_USAGE and a hint, and returns -1. */
int unknown_word(const struct unknown *unknown, struct error *err);

/* `name` is the option without its `dashes`. */
int unknown_option(const char *dashes, const char *name, struct error *err);

/* `words` are the words after the program's name, at least one. They begin no command. */
int unknown_command(char *const *words, struct error *err);
