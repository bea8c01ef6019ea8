/* Memory for secrets: keys, the text of airflow.cfg, the output of a key command.
 *
 * The bytes come from libsodium's sodium_malloc: between guard pages, locked against swapping where the system
 * permits it, left out of core dumps, zeroed when released. Secrets of up to 12 KiB share one such block while it
 * has room. A NUL, which `length` does not count, always follows the bytes, so that string functions can read
 * text. A secret is never an argument of printf.
 * https://doc.libsodium.org/memory_management
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct error;

struct secret {
    char *bytes;     /* NULL until memory is reserved */
    size_t length;   /* bytes in use, without the NUL behind them */
    size_t capacity; /* bytes that fit, without the NUL */
};

/* Releases on leaving the scope: `_cleanup_secret_ struct secret text = {0};` */
#define _cleanup_secret_ _cleanup_(secret_free)

/* Call it once, before any other function here (sodium_init). Returns 0, or -1 with ERROR_SYSTEM. */
int secret_setup(struct error *err);

/* Grows it to a capacity of at least `capacity` bytes; the bytes in use stay. Returns 0, or -1 with ERROR_SYSTEM. */
int secret_reserve(struct secret *secret, size_t capacity, struct error *err);

/* Appends `length` bytes, growing it if needed. Returns 0, or -1 with ERROR_SYSTEM. */
int secret_append(struct secret *secret, const void *bytes, size_t length, struct error *err);

/* Whether its memory is locked against swapping. RLIMIT_MEMLOCK is small in some containers. */
bool secret_is_locked(const struct secret *secret);

/* Zeroes and releases the memory. The secret is empty afterwards and may be used again. */
void secret_free(struct secret *secret);
