/* What of the documentation comes from the program's tables, printed to standard output: pages.c fills it into the
 * places that the files of doc/ keep for it. */
#pragma once

#include <stdbool.h>

/* One place: prints what belongs there. `argument` is the word behind its name, "" without one.
 * Returns false where there is no such argument. */
struct place {
    const char *name;
    bool (*print)(const char *argument);
};

/* mdoc(7), for the manual pages. Each table ends with a name that is NULL. */
extern const struct place mdoc_places[];

/* Markdown, for doc/options.md and doc/messages.md. */
extern const struct place readme_places[];

/* bash, for its completion. */
extern const struct place bash_places[];

/* What a value is made of, as bash completes it. */
enum value_sort {
    VALUE_NONE, /* a flag's */
    VALUE_ANY,  /* nothing that a shell could know */
    VALUE_FOLDER,
    VALUE_FILE,
    VALUE_USER,
    VALUE_WORD, /* one of the option's words */
    VALUE_LIST, /* some of them, a comma list */
    VALUE_SIGNAL,
    VALUE_REWRITE, /* two signals, a colon between */
};

enum value_sort option_sort(unsigned id);

/* Whether it has options. */
bool topic_is_there(unsigned topic);

/* The words of a kind one by one: "" at the end. *list moves on. */
const char *next_word(const char **list, char word[64]);

/* "HUP", "INT" and so on, apart by blanks. */
const char *signal_words(void);

/* All words that `fernit help` has a page on, but options. */
void print_help_words(const char *between);
