#include "base/secret.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/error.h"

int secret_setup(struct error *err)
{
    if (sodium_init() < 0)
        return error_sys(err, "cannot set up libsodium");
    return 0;
}

/* sodium_malloc takes whole pages, with its canary of 16 bytes in the last one: what is left of them
 * is room at no cost, and saves moving a secret that grows. */
static size_t whole_pages(size_t capacity)
{
    enum { PAGE = 4096, CANARY = 16 };
    size_t pages = (capacity + 1 + CANARY + PAGE - 1) / PAGE;
    return pages * PAGE - CANARY - 1;
}

int secret_reserve(struct secret *secret, size_t capacity, struct error *err)
{
    if (secret->bytes && capacity <= secret->capacity)
        return 0;

    capacity = whole_pages(capacity);
    char *bytes = sodium_malloc(capacity + 1);
    if (!bytes) {
        errno = ENOMEM;
        error_sys(err, "cannot get %zu bytes of guarded memory", capacity);
        return -1;
    }
    if (secret->bytes && secret->length > 0)
        memcpy(bytes, secret->bytes, secret->length);
    bytes[secret->length] = '\0';

    sodium_free(secret->bytes);
    secret->bytes = bytes;
    secret->capacity = capacity;
    return 0;
}

int secret_append(struct secret *secret, const void *bytes, size_t length, struct error *err)
{
    size_t needed = secret->length + length;
    size_t doubled = secret->capacity * 2;
    if (needed > secret->capacity || !secret->bytes)
        if (secret_reserve(secret, needed > doubled ? needed : doubled, err) < 0)
            return -1;
    if (length > 0)
        memcpy(secret->bytes + secret->length, bytes, length);
    secret->length = needed;
    secret->bytes[needed] = '\0';
    return 0;
}

bool secret_is_locked(const struct secret *secret)
{
    return !secret->bytes || sodium_mlock(secret->bytes, secret->capacity) == 0;
}

void secret_free(struct secret *secret)
{
    sodium_free(secret->bytes);
    *secret = (struct secret){0};
}
