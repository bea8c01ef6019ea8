/* Splits a command line into words, as Python's shlex.split does. */
#pragma once

#include <stddef.h>

#include "base/secret.h"

struct error;

/* The words of an airflow ..._CMD. argv ends with NULL. */
struct words {
    char **argv;
    size_t count;
    struct secret text; /* the words themselves: a command line may carry a token */
};

/* Splits as shlex.split(text) does in POSIX mode, which Airflow uses for every ..._CMD: quotes ' and "; backslash
 * outside quotes, and before \ or " inside ""; blanks are space, tab, CR, LF; no variables, no comments, no shell.
 * https://docs.python.org/3/library/shlex.html#parsing-rules
 * Returns 0 and the words (perhaps none), or -1 with ERROR_INPUT: a quote that is not closed, a backslash at the
 * end. The caller frees. */
int words_split(const char *text, struct words *words, struct error *err);

void words_free(struct words *words);
#define _cleanup_words_ _cleanup_(words_free)
