/* base/secret.h once more, for fuzzing: where base/secret.c rounds up to pages and shares blocks, here each secret has
 * memory of its own that ends behind its NUL, and one that grows always moves. So AddressSanitizer sees a byte too far, and
 * a pointer into what a secret was before. */
#include "base/secret.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Beyond that, appending byte by byte would copy without end. */
enum { EXACT = 512, FILLING = 0xdb };

int secret_setup(struct error *err)
{
    return sodium_init() < 0 ? error_sys(err, "cannot set up libsodium") : 0;
}

int secret_reserve(struct secret *secret, size_t capacity, struct error *err)
{
    if (secret->bytes && capacity <= secret->capacity)
        return 0;
    char *bytes = malloc(capacity + 1);
    if (!bytes) {
        error_sys(err, "cannot get %zu bytes", capacity);
        return -1;
    }
    memset(bytes, FILLING, capacity + 1);
    if (secret->bytes)
        memcpy(bytes, secret->bytes, secret->length);
    bytes[secret->length] = '\0';
    free(secret->bytes);
    secret->bytes = bytes;
    secret->capacity = capacity;
    return 0;
}

int secret_append(struct secret *secret, const void *bytes, size_t length, struct error *err)
{
    size_t needed = secret->length + length;
    if (!secret->bytes || needed > secret->capacity)
        if (secret_reserve(secret, needed > EXACT ? needed * 2 : needed, err) < 0)
            return -1;
    if (length > 0)
        memcpy(secret->bytes + secret->length, bytes, length);
    secret->length = needed;
    secret->bytes[needed] = '\0';
    return 0;
}

bool secret_is_locked(const struct secret *secret)
{
    (void)secret;
    return true;
}

void secret_free(struct secret *secret)
{
    free(secret->bytes);
    *secret = (struct secret){0};
}
