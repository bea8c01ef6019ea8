/* UTF-8 as Python's strict codec reads it: no surrogates, only the shortest form of each character. RFC 3629 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first character of a text of `length` bytes (at least 1): returns its length in bytes and sets its code
 * point; 0 if it is not UTF-8. */
size_t utf8_read(const char *text, size_t length, uint32_t *code);

/* Whether the whole text is UTF-8. */
bool utf8_is_valid(const char *text, size_t length);
