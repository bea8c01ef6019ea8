#include "base/lines.h"

#include <string.h>

bool span_same(struct span a, struct span b)
{
    return a.length == b.length && memcmp(a.start, b.start, a.length) == 0;
}

bool span_is(struct span span, const char *text)
{
    return span_same(span, (struct span){text, strlen(text)});
}

size_t line_blank(const char *text, const char *end)
{
    static const char *const unicode[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
        "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
    };
    if (text >= end)
        return 0;
    unsigned char c = (unsigned char)*text;
    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
    for (size_t i = 0; i < sizeof unicode / sizeof *unicode; i++) {
        size_t length = strlen(unicode[i]);
        if ((size_t)(end - text) >= length && memcmp(text, unicode[i], length) == 0)
            return length;
    }
    return 0;
}

struct span line_trim(const char *start, const char *end)
{
    for (size_t blank; (blank = line_blank(start, end)) > 0;)
        start += blank;
    for (bool found = true; found;) {
        found = false;
        for (size_t length = 1; length <= 3 && (size_t)(end - start) >= length && !found; length++)
            if (line_blank(end - length, end) == length) {
                end -= length;
                found = true;
            }
    }
    return (struct span){start, (size_t)(end - start)};
}

void line_next(const char **cursor, const char *end, struct span *content)
{
    const char *start = *cursor;
    const char *stop = start;
    while (stop < end && *stop != '\n' && *stop != '\r')
        stop++;
    *content = line_trim(start, stop);
    if (stop < end)
        stop += stop[0] == '\r' && stop + 1 < end && stop[1] == '\n' ? 2 : 1;
    *cursor = stop;
}
