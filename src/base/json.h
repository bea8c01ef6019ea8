/* JSON text, RFC 8259. */
#pragma once

#include <stddef.h>

/* What a string may become at most: each of its bytes an escape, two quotes, the end. */
#define JSON_STRING(length) (6 * (length) + 3)

/* Writes `given` as a JSON string, quotes included, into `text`, which ends with a NUL: at least 3 bytes. A string
 * that does not fit is cut between two characters. What could end a line or steer a terminal (C0, DEL, C1,
 * U+2028, U+2029) is escaped, too; bytes that are not UTF-8 become "?". Returns its length. Pure. */
size_t json_string(const char *given, char *text, size_t size);
