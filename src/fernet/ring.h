/* A key ring: the first key encrypts, all keys decrypt (Python's MultiFernet).
 *
 * Airflow's option is a comma list of keys. Here the keys are adjacent in guarded memory.
 * https://cryptography.io/en/latest/fernet/#cryptography.fernet.MultiFernet
 *
 * Airflow's other secrets are one value each: a ring with `is_value` has at most one element, of any bytes. Adding
 * a second one does nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"
#include "fernet/key.h"

struct error;

enum {
    RING_MOST = 64, /* keys */
    RING_FINGERPRINTS = RING_MOST * (FINGERPRINT_TEXT + 2),
    RING_SUMMARY = 96,
    VALUE_MOST = 4096, /* bytes of a value */
};

struct ring {
    struct secret keys;
    bool is_value; /* one value; else Fernet keys */
};

#define _cleanup_ring_ _cleanup_(ring_free)

size_t ring_count(const struct ring *ring);

/* The key at `index`; 0 is the one that encrypts. Borrowed. */
const uint8_t *ring_key(const struct ring *ring, size_t index);

/* Bytes of one key: 32, or the length of the value. */
size_t ring_width(const struct ring *ring);

/* Whether the ring has this key. Takes the same time for every position. */
bool ring_has(const struct ring *ring, const uint8_t *key, size_t width);

/* Whether `ring` has every key of `other`. */
bool ring_covers(const struct ring *ring, const struct ring *other);

/* Whether both have the same first key, or both are empty. */
bool ring_same_first(const struct ring *a, const struct ring *b);

/* Whether both have the same keys in the same order. */
bool ring_is_same(const struct ring *a, const struct ring *b);

/* Adds a key at the end, unless the ring has it already, or has a value. Returns 0, or -1 with ERROR_INPUT (it has
 * RING_MOST keys) or ERROR_SYSTEM. */
int ring_add(struct ring *ring, const uint8_t *key, size_t width, struct error *err);

/* Adds a new random key. A value is `bytes` (at most 64) random bytes in URL-safe base64. Returns as ring_add
 * does. */
int ring_generate(struct ring *ring, size_t bytes, struct error *err);

/* Adds all keys of `other`, in its order. Returns as ring_add does. */
int ring_add_all(struct ring *ring, const struct ring *other, struct error *err);

/* Adds the keys of `other` that `without` does not have. Returns as ring_add does. */
int ring_add_less(struct ring *ring, const struct ring *other, const struct ring *without,
                  struct error *err);

/* Adds the keys of a comma list, each as fernet_key_parse reads it; or the value, which has 1 to VALUE_MOST bytes
 * of UTF-8 and no control characters. Blanks around the text are ignored. After an error the ring has the keys
 * before it, so pass an empty ring.
 * Returns 0, or -1: ERROR_INPUT "key 2 of 3 has 31 bytes, a Fernet key has 32" (an empty element is an error, as
 * for Airflow), "the value has a line break in it"; ERROR_SYSTEM. */
int ring_parse(struct ring *ring, const char *text, size_t length, struct error *err);

/* Whether the text is a Fernet key or a list of keys: for a key that was given as a path, which must not be
 * printed. */
bool ring_is_text(const char *text);

/* Appends the canonical comma list, or the value, to *text. Returns 0, or -1 with ERROR_SYSTEM. */
int ring_text(const struct ring *ring, struct secret *text, struct error *err);

/* The fingerprint of the key at `index`. */
void ring_fingerprint(const struct ring *ring, size_t index, char text[FINGERPRINT_TEXT + 1]);

/* All fingerprints, "0123456789abcdef, ...". */
void ring_fingerprints(const struct ring *ring, char text[RING_FINGERPRINTS]);

/* The same, short enough for a message: of a long ring the first three, "and 60 more". */
void ring_summary(const struct ring *ring, char text[RING_SUMMARY]);

void ring_free(struct ring *ring);
