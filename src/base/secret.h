/* Memory for what no other process may read: keys, the text of airflow.cfg, the output of a key command.
 *
 * The bytes come from libsodium's sodium_malloc: between guard pages (those of up to 12 KiB share one
 * block while there is room in it), locked against swapping where the system permits it, left out of core
 * dumps, zeroed when released. They always have a NUL behind them, which `length` does not count, so that
 * text can be handed to string functions. A secret is never an argument of printf.
 * https://doc.libsodium.org/memory_management
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct error;

struct secret {
    char *bytes;     /* NULL while nothing was reserved */
    size_t length;   /* bytes in use, without the NUL behind them */
    size_t capacity; /* bytes that fit, without that NUL */
};

/* Releases on leaving the scope: `_cleanup_secret_ struct secret text = {0};` */
#define _cleanup_secret_ _cleanup_(secret_free)

/* To be called once, before any other function that touches a secret (sodium_init). */
int secret_setup(struct error *err);

/* Makes room for at least `capacity` bytes in all; what is there stays. Returns 0, or -1 with ERROR_SYSTEM. */
int secret_reserve(struct secret *secret, size_t capacity, struct error *err);

/* Appends `length` bytes, making room where needed. Returns 0, or -1 with ERROR_SYSTEM. */
int secret_append(struct secret *secret, const void *bytes, size_t length, struct error *err);

/* Whether the system let its memory be locked; RLIMIT_MEMLOCK is small in some containers. */
bool secret_is_locked(const struct secret *secret);

/* Zeroes and releases; the secret is empty afterwards and may be used again. */
void secret_free(struct secret *secret);
