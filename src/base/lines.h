/* Lines of a text and the blanks in them, as Python counts both. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A part of a text that belongs to somebody else; not terminated. */
struct span {
    const char *start;
    size_t length;
};

bool span_same(struct span a, struct span b);

/* Whether it reads `text`. */
bool span_is(struct span span, const char *text);

/* Length in bytes of the blank that begins at `text`, or 0: what str.strip() removes, in UTF-8. */
size_t line_blank(const char *text, const char *end);

/* [start, end) without the blanks at its ends. */
struct span line_trim(const char *start, const char *end);

/* The next line of [*cursor, end), which "\n", "\r\n" or "\r" ends as in Python's text files: from the
 * old *cursor to the new one. *content is what stands in it between its blanks. */
void line_next(const char **cursor, const char *end, struct span *content);
