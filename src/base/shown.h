/* Words that an operator has put in the wrong place: whether a message may show them.
 *
 * A secret lands where a path, a command or an option belongs: in FERNET_KEY_FILE, in AIRFLOW__API_AUTH__JWT_SECRET_CMD,
 * behind a dash. What is spelled like a path is no secret, nor is a name that is known, or one with a typing error.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* How many changes make one word the other: a letter that is replaced, added or left out, or two that change places (optimal
 * string alignment). The first 31 letters of each word count. */
size_t word_distance(const char *a, const char *b);

/* `word`, if it begins with "/", "." or "~", has no more than 3 letters, or is near `known` (NULL: nothing is known): at most
 * half as many letters are different as `known` has. Else `instead`. */
const char *shown(const char *word, const char *known, const char *instead);

/* The same for a value that may be any word, such as a user's name or a number: "..." where it has more than 8 letters. */
const char *shown_value(const char *value);

/* Whether a message may show a path that may be relative: shown_value shows it, or it leads to something. */
bool shown_place(const char *path);
