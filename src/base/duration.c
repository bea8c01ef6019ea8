#include "base/duration.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/shown.h"

static const int64_t LONGEST = 24 * 60 * 60 * 1000;

static const struct {
    const char *suffix;
    int64_t milliseconds;
} units[] = {
    {"ms", 1},
    {"s", 1000},
    {"m", 60 * 1000},
    {"h", 60 * 60 * 1000},
};

int duration_parse(const char *text, int64_t *milliseconds, struct error *err)
{
    const char *p = text;
    int64_t count = 0;

    /* strtoll would take blanks, signs and "0x", none of which is a duration. */
    for (; *p >= '0' && *p <= '9' && count <= LONGEST; p++)
        count = count * 10 + (*p - '0');
    int64_t unit = *p == '\0' && count == 0 ? 1 : 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (p > text && strcmp(units[i].suffix, p) == 0)
            unit = units[i].milliseconds;
    if (count > LONGEST || (unit > 0 && count > LONGEST / unit))
        return error_usage(err, "\"%s\" is longer than a day", shown_value(text));
    if (unit == 0 || p == text) {
        error_usage(err, "\"%s\" is not a duration", shown_value(text));
        return error_hint(err, "write a number and its unit: 500ms, 10s, 2m, 1h");
    }

    *milliseconds = count * unit;
    return 0;
}
