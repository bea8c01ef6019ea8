/* Whether a message may show a word that the operator gave.
 *
 * Operators put secrets where a path, a command or an option belongs: in FERNET_KEY_FILE, in
 * AIRFLOW__API_AUTH__JWT_SECRET_CMD, behind a dash. A word that is spelled like a path is not a secret; a known
 * name, or one with a typing error, is not either.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* How many changes turn one word into the other: a letter that is replaced, added or left out, or two neighbours
 * that change places (optimal string alignment). Compares the first 31 letters of each word. */
size_t word_distance(const char *a, const char *b);

/* Returns `word` if it begins with "/", "." or "~", has at most 3 letters, or is near `known` (NULL: nothing is
 * known). Near means: their distance is at most half the length of `known`. Else returns `instead`. */
const char *shown(const char *word, const char *known, const char *instead);

/* The same for a value that may be any word, such as a user's name or a number: "..." if it has more than 8
 * letters. */
const char *shown_value(const char *value);

/* Whether a message may show this path: shown_value shows it, or a file exists there. */
bool shown_path(const char *path);
