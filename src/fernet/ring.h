/* A ring of Fernet keys: the first encrypts, all of them decrypt (Python's MultiFernet).
 *
 * Airflow's option holds it as a comma list. The keys lie one behind the other in guarded memory.
 * https://cryptography.io/en/latest/fernet/#cryptography.fernet.MultiFernet
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
};

struct ring {
    struct secret keys;
};

#define _cleanup_ring_ _cleanup_(ring_free)

size_t ring_count(const struct ring *ring);

/* The key at `index`, 0 being the one that encrypts; borrowed. */
const uint8_t *ring_key(const struct ring *ring, size_t index);

/* Whether it holds this key. Takes the same time wherever in the ring it is. */
bool ring_has(const struct ring *ring, const uint8_t key[FERNET_KEY_BYTES]);

/* Whether every key of `part` is in `whole`. */
bool ring_covers(const struct ring *whole, const struct ring *part);

/* Whether both encrypt with the same key. Two empty rings do. */
bool ring_same_first(const struct ring *a, const struct ring *b);

/* Adds a key at the end, unless it is there already. Returns 0, or -1 with ERROR_INPUT (a ring of
 * RING_MOST keys) or ERROR_SYSTEM. */
int ring_add(struct ring *ring, const uint8_t key[FERNET_KEY_BYTES], struct error *err);

/* Adds a new key, from the kernel's random numbers. As ring_add. */
int ring_generate(struct ring *ring, struct error *err);

/* Adds all keys of `other`, in its order. As ring_add. */
int ring_add_all(struct ring *ring, const struct ring *other, struct error *err);

/* Adds the keys of a comma list, each as fernet_key_parse reads it; blanks around the list do not
 * count. On failure the ring holds what came before the fault: use an empty one.
 * Returns 0, or -1: ERROR_INPUT "key 2 of 3 has 31 bytes, a Fernet key has 32" (an empty element is a fault, as it is
 * for Airflow), ERROR_SYSTEM. */
int ring_parse(struct ring *ring, const char *text, size_t length, struct error *err);

/* Whether the text is a key or a list of keys: somebody has put it where a path belongs, and it must
 * not be printed. */
bool ring_is_text(const char *text);

/* Appends the canonical comma list to *text. Returns 0, or -1 with ERROR_SYSTEM. */
int ring_text(const struct ring *ring, struct secret *text, struct error *err);

/* The fingerprints, "0123456789abcdef, ...". */
void ring_fingerprints(const struct ring *ring, char text[RING_FINGERPRINTS]);

/* The same for a line of the log: of a long ring the first few, "and 60 more". */
void ring_summary(const struct ring *ring, char text[RING_SUMMARY]);

void ring_free(struct ring *ring);
