/* UTF-8 as Python's strict codec has it: no surrogates, nothing longer than it must be. RFC 3629 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length in bytes of the character that begins the text, which has `length` bytes, and its code point; 0 if it is none. */
size_t utf8_read(const char *text, size_t length, uint32_t *code);

/* Whether all of it is UTF-8. */
bool utf8_is_valid(const char *text, size_t length);
