#include "base/shown.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { LETTERS_MOST = 31, SECRET_LEAST = 4, VALUE_MOST = 8 };

size_t word_distance(const char *a, const char *b)
{
    size_t row[LETTERS_MOST + 1];
    size_t length = strnlen(b, LETTERS_MOST);
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; i <= strnlen(a, LETTERS_MOST); i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t least = row[j - 1] + 1 < row[j] + 1 ? row[j - 1] + 1 : row[j] + 1;
            row[j] = substituted < least ? substituted : least;
        }
    }
    return row[length];
}

static bool is_near(const char *word, const char *known)
{
    if (strlen(word) > LETTERS_MOST)
        return strcmp(word, known) == 0;
    return word_distance(word, known) * 2 <= strlen(known);
}

const char *shown_value(const char *value)
{
    return shown(value, strlen(value) > VALUE_MOST ? NULL : value, "...");
}

bool shown_place(const char *path)
{
    return shown_value(path) == path || access(path, F_OK) == 0;
}

const char *shown(const char *word, const char *known, const char *instead)
{
    bool is_path = *word == '/' || *word == '.' || *word == '~';
    bool is_short = strlen(word) < SECRET_LEAST;
    return is_path || is_short || (known && is_near(word, known)) ? word : instead;
}
