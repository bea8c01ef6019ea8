/* Lines of a text and the blanks in them, as Python defines both. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Part of a text that the caller owns; not terminated. */
struct span {
    const char *start;
    size_t length;
};

bool span_same(struct span a, struct span b);

/* The whole of `text`. */
struct span span_of(const char *text);

/* Whether the span equals `text`. */
bool span_is(struct span span, const char *text);

/* How many bytes at its start are ASCII letters, digits or one of `others`. */
size_t span_plain(struct span span, const char *others);

/* How many bytes come before the first one of `set`. */
size_t span_until(struct span span, const char *set);

/* Its first `length` bytes, which it must have. */
struct span span_first(struct span span, size_t length);

/* The rest behind `at` bytes; empty if it has no more. */
struct span span_from(struct span span, size_t at);

/* Copies it, with a NUL, for a message. If it does not fit, "...": such a long text is not a known name, and may
 * be a secret. */
void span_name(struct span span, char *text, size_t size);

/* Whether the text is empty or has only ASCII blanks. */
bool text_is_blank(const char *text);

bool text_begins(const char *text, const char *start);

/* Length in bytes of the blank at `text`, or 0. Blanks are what str.strip() removes, in UTF-8. */
size_t line_blank(const char *text, const char *end);

/* [start, end) without the blanks at both ends. */
struct span line_trim(const char *start, const char *end);

/* The lines of a text. "\n", "\r\n" or "\r" ends a line, as in Python's text files. */
struct lines {
    const char *cursor; /* where the next line begins */
    const char *end;
    bool has_returns; /* there is a "\r" in it */
};

struct lines lines_of(const char *text, size_t length);

/* The next line: *whole with its line end, *content without blanks at both ends. Returns whether there is one. */
bool lines_next(struct lines *lines, struct span *whole, struct span *content);
