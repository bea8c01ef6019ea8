/* A ring of Fernet keys: the first encrypts, all of them decrypt (Python's MultiFernet).
 *
 * Airflow's option holds it as a comma list. The keys lie one behind the other in guarded memory.
 * https://cryptography.io/en/latest/fernet/#cryptography.fernet.MultiFernet
 *
 * Airflow's other secrets are one value each: a ring with `is_value` has room for one element, of any
 * bytes, and what would come behind it is left out.
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
    VALUE_MOST = 4096, /* bytes of one that is a value */
};

struct ring {
    struct secret keys;
    bool is_value; /* one value, compared by its bytes; else Fernet keys */
};

#define _cleanup_ring_ _cleanup_(ring_free)

size_t ring_count(const struct ring *ring);

/* The key at `index`, 0 being the one that encrypts; borrowed. */
const uint8_t *ring_key(const struct ring *ring, size_t index);

/* Bytes of one key: 32, or what the value has. */
size_t ring_width(const struct ring *ring);

/* Whether it holds this key. Takes the same time wherever in the ring it is. */
bool ring_has(const struct ring *ring, const uint8_t *key, size_t width);

/* Whether every key of `part` is in `whole`. */
bool ring_covers(const struct ring *whole, const struct ring *part);

/* Whether both encrypt with the same key. Two empty rings do. */
bool ring_same_first(const struct ring *a, const struct ring *b);

/* Whether both hold the same keys in the same order. */
bool ring_is_same(const struct ring *a, const struct ring *b);

/* Adds a key at the end, unless it is there already, or there is a value. Returns 0, or -1 with ERROR_INPUT
 * (a ring of RING_MOST keys) or ERROR_SYSTEM. */
int ring_add(struct ring *ring, const uint8_t *key, size_t width, struct error *err);

/* Adds a new key, from the kernel's random numbers; a value is `bytes` of them in URL-safe base64. As
 * ring_add. */
int ring_generate(struct ring *ring, size_t bytes, struct error *err);

/* Adds all keys of `other`, in its order. As ring_add. */
int ring_add_all(struct ring *ring, const struct ring *other, struct error *err);

/* Adds those keys of `other` that `without` does not hold. As ring_add. */
int ring_add_less(struct ring *ring, const struct ring *other, const struct ring *without,
                  struct error *err);

/* Adds the keys of a comma list, each as fernet_key_parse reads it; or the value, which has 1 to VALUE_MOST
 * bytes and no control characters. Blanks around it do not count. On failure the ring holds what came
 * before the fault: use an empty one.
 * Returns 0, or -1: ERROR_INPUT "key 2 of 3 has 31 bytes, a Fernet key has 32" (an empty element is a fault, as it is
 * for Airflow), "the value has a line break in it", ERROR_SYSTEM. */
int ring_parse(struct ring *ring, const char *text, size_t length, struct error *err);

/* Whether the text is a Fernet key or a list of keys: it was put where a path belongs, and it must
 * not be printed. */
bool ring_is_text(const char *text);

/* Appends the canonical comma list, or the value, to *text. Returns 0, or -1 with ERROR_SYSTEM. */
int ring_text(const struct ring *ring, struct secret *text, struct error *err);

/* The fingerprint of the key at `index`. */
void ring_fingerprint(const struct ring *ring, size_t index, char text[FINGERPRINT_TEXT + 1]);

/* All of them, "0123456789abcdef, ...". */
void ring_fingerprints(const struct ring *ring, char text[RING_FINGERPRINTS]);

/* The same for a line of the log: of a long ring the first few, "and 60 more". */
void ring_summary(const struct ring *ring, char text[RING_SUMMARY]);

void ring_free(struct ring *ring);
