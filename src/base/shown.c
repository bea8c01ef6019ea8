#include "base/shown.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { LETTERS_MOST = 31, SECRET_LEAST = 4, VALUE_MOST = 8 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t word_distance(const char *a, const char *b)
{
    size_t table[LETTERS_MOST + 1][LETTERS_MOST + 1];
    size_t rows = strnlen(a, LETTERS_MOST);
    size_t columns = strnlen(b, LETTERS_MOST);
    for (size_t i = 0; i <= rows; i++)
        for (size_t j = 0; j <= columns; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            table[i][j] = least(table[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
                                least(table[i - 1][j], table[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                table[i][j] = least(table[i][j], table[i - 2][j - 2] + 1);
        }
    return table[rows][columns];
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

bool shown_path(const char *path)
{
    return shown_value(path) == path || access(path, F_OK) == 0;
}

const char *shown(const char *word, const char *known, const char *instead)
{
    bool is_path = *word == '/' || *word == '.' || *word == '~';
    bool is_short = strlen(word) < SECRET_LEAST;
    return is_path || is_short || (known && is_near(word, known)) ? word : instead;
}
