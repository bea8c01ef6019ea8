/* Words that are not a command, an option or a setting: the error, with a hint that names the one that was probably
 * meant.
 *
 * Such a word may be a secret in the wrong place. The message shows it only where base/shown.h allows it, else "...".
 */
#pragma once

struct error;

/* The name in `names` (ends with NULL) that `word` probably means: at most a third of the name's letters are
 * different, or the one begins with the other. NULL: none. */
const char *nearest_word(const char *word, const char *const *names);

struct unknown {
    const char *before; /* what stands before the word in the message: "--" */
    const char *word;
    const char *what;         /* "an option" */
    const char *const *names; /* those that there are; ends with NULL */
    const char *prefix;       /* what stands before a name in the hint */
    const char *otherwise;    /* the hint where no name is near; NULL: none */
};

/* Each fills the error with ERROR_USAGE and a hint, and returns -1. */
int unknown_word(const struct unknown *unknown, struct error *err);

/* `name` behind its `dashes`. */
int unknown_option(const char *dashes, const char *name, struct error *err);

/* `words` are those behind the program's name, at least one, of which no command begins. */
int unknown_command(char *const *words, struct error *err);
