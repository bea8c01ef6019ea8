#include "base/lines.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool span_same(struct span a, struct span b)
{
    return a.length == b.length && memcmp(a.start, b.start, a.length) == 0;
}

struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

bool span_is(struct span span, const char *text)
{
    return span_same(span, span_of(text));
}

size_t span_plain(struct span span, const char *others)
{
    size_t length = 0;
    while (length < span.length && (isalnum((unsigned char)span.start[length]) ||
                                    memchr(others, span.start[length], strlen(others))))
        length++;
    return length;
}

size_t span_until(struct span span, const char *set)
{
    size_t length = 0;
    while (length < span.length && !(span.start[length] && strchr(set, span.start[length])))
        length++;
    return length;
}

struct span span_first(struct span span, size_t length)
{
    return (struct span){span.start, length};
}

struct span span_from(struct span span, size_t at)
{
    if (at > span.length)
        at = span.length;
    return (struct span){span.start + at, span.length - at};
}

void span_name(struct span span, char *text, size_t size)
{
    bool fits = span.length < size;
    snprintf(text, size, "%.*s", fits ? (int)span.length : 3, fits ? span.start : "...");
}

bool text_is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n\v\f")] == '\0';
}

bool text_begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

size_t line_blank(const char *text, const char *end)
{
    static const char unicode[][4] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
        "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
    };
    if (text >= end)
        return 0;
    unsigned char c = (unsigned char)*text;
    if (c > ' ' && c < 0x80)
        return 0;
    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
    for (size_t i = 0; i < sizeof unicode / sizeof *unicode; i++) {
        size_t length = strlen(unicode[i]);
        if ((size_t)(end - text) >= length && memcmp(text, unicode[i], length) == 0)
            return length;
    }
    return 0;
}

/* Length of the blank that ends at `end`, or 0. */
static size_t blank_before(const char *start, const char *end)
{
    for (size_t length = 1; length <= 3 && (size_t)(end - start) >= length; length++)
        if (line_blank(end - length, end) == length)
            return length;
    return 0;
}

/* A quick check for the characters with which most lines begin and end. */
static bool is_printable_ascii(char c)
{
    return c > ' ' && c < 0x7f;
}

struct span line_trim(const char *start, const char *end)
{
    for (size_t blank; start < end && !is_printable_ascii(*start); start += blank) {
        blank = line_blank(start, end);
        if (blank == 0)
            break;
    }
    for (size_t blank; end > start && !is_printable_ascii(end[-1]); end -= blank) {
        blank = blank_before(start, end);
        if (blank == 0)
            break;
    }
    return (struct span){start, (size_t)(end - start)};
}

struct lines lines_of(const char *text, size_t length)
{
    return (struct lines){text, text + length, memchr(text, '\r', length) != NULL};
}

bool lines_next(struct lines *lines, struct span *whole, struct span *content)
{
    const char *start = lines->cursor;
    const char *end = lines->end;
    if (start == end)
        return false;

    const char *newline = NULL;
    if (!lines->has_returns)
        newline = memchr(start, '\n', (size_t)(end - start));
    for (const char *p = start; lines->has_returns && p < end && !newline; p++)
        if (*p == '\n' || *p == '\r')
            newline = p;
    const char *stop = newline ? newline : end;
    const char *next = stop < end ? stop + 1 : end;
    if (next < end && *stop == '\r' && *next == '\n')
        next++;
    *content = line_trim(start, stop);
    *whole = (struct span){start, (size_t)(next - start)};
    lines->cursor = next;
    return true;
}
