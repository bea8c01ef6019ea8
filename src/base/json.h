/* JSON text, RFC 8259. */
#pragma once

#include <stddef.h>

/* Bytes for json_string at most: an escape for each byte, two quotes, a NUL. */
#define JSON_STRING(length) (6 * (length) + 3)

/* Writes `given` as a JSON string, with quotes and a NUL, into `text` of `size` bytes (at least 3). A string that
 * does not fit is cut between two characters. Characters that end a line or control a terminal (C0, DEL, C1,
 * U+2028, U+2029) are escaped, bytes that are not UTF-8 become "?". Returns the length of `text`. Pure. */
size_t json_string(const char *given, char *text, size_t size);
