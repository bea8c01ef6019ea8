/* One Fernet key: 32 bytes, written as 44 characters of URL-safe base64.
 * https://github.com/fernet/spec/blob/master/Spec.md
 *
 * Python's Fernet decodes a key with base64.urlsafe_b64decode, which is lenient: it ignores every character that
 * is not base64, reads both alphabets, and stops at the padding that completes a group of four. So one key has
 * many spellings, and all of them work in Airflow. fernit reads what Python reads, compares the 32 bytes, and
 * writes only the canonical form. One text that Python reads is an error here: a key followed by another key (43
 * characters of base64 in a row). https://docs.python.org/3/library/binascii.html#binascii.a2b_base64
 * (strict_mode=False)
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct error;

enum {
    FERNET_KEY_BYTES = 32,
    FERNET_KEY_TEXT = 44, /* canonical, without a NUL */
    FINGERPRINT_TEXT = 16,
};

/* Reads `length` bytes of text as one key. Returns 0, or -1 with ERROR_INPUT, "has 31 bytes, a Fernet key has 32":
 * the caller puts the source's name in front. The message never contains the text. */
int fernet_key_parse(const char *text, size_t length, uint8_t key[FERNET_KEY_BYTES],
                     struct error *err);

/* The canonical form: 44 characters of A-Z a-z 0-9 - _ and one "=", and a NUL. */
void fernet_key_text(const uint8_t key[FERNET_KEY_BYTES], char text[FERNET_KEY_TEXT + 1]);

/* The fingerprint, by which messages name a secret: the first 8 bytes, in lower-case hex and with a NUL, of
 * BLAKE2b-256 over the value (a Fernet key: its 32 bytes), keyed with the ASCII bytes "fernit-fingerprint-v1". */
void fingerprint(const void *value, size_t length, char text[FINGERPRINT_TEXT + 1]);
