/* Lines of a text and the blanks in them, as Python counts both. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A part of a text that the caller owns; not terminated. */
struct span {
    const char *start;
    size_t length;
};

bool span_same(struct span a, struct span b);

/* All of `text`. */
struct span span_of(const char *text);

/* Whether it reads `text`. */
bool span_is(struct span span, const char *text);

/* Length in bytes of what it begins with that is ASCII's letters and digits, and `others`. */
size_t span_plain(struct span span, const char *others);

/* How many bytes come before the first one of `set`. */
size_t span_until(struct span span, const char *set);

/* Its first `length` bytes, which it must have; what comes behind `at` bytes, nothing where it has no more. */
struct span span_first(struct span span, size_t length);
struct span span_from(struct span span, size_t at);

/* Copies it with a NUL, for a message: "..." where it does not fit, since it is then no name that anybody knows, and
 * could be a secret. */
void span_name(struct span span, char *text, size_t size);

/* Whether there is nothing in it but ASCII's blanks. */
bool text_is_blank(const char *text);

bool text_begins(const char *text, const char *start);

/* Length in bytes of the blank that begins at `text`, or 0: what str.strip() removes, in UTF-8. */
size_t line_blank(const char *text, const char *end);

/* [start, end) without the blanks at its ends. */
struct span line_trim(const char *start, const char *end);

/* The lines of a text, one after the other; "\n", "\r\n" or "\r" ends them, as in Python's text files. */
struct lines {
    const char *cursor; /* where the next one begins */
    const char *end;
    bool has_returns;
};

struct lines lines_of(const char *text, size_t length);

/* The next one: *whole with its line end, *content between its blanks. Returns whether there was one. */
bool lines_next(struct lines *lines, struct span *whole, struct span *content);
