#include "base/secret.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

/* Small secrets share one block of three pages between two guard pages. Each sodium_malloc costs a dozen system
 * calls and as many pages; a start needs about forty secrets, most of them one key. The pool is static because an
 * allocator's state belongs to the process, as malloc's does. */
enum { PAGE = 4096, CANARY = 16, SLOTS = 96, SLOT = (3 * PAGE - CANARY) / SLOTS };

static struct {
    char *block;
    bool used[SLOTS];
} pool;

static size_t slots_for(size_t size)
{
    return (size + SLOT - 1) / SLOT;
}

/* Takes adjacent free slots for `size` bytes, or returns NULL. */
static char *take_slots(size_t size)
{
    size_t count = slots_for(size);
    size_t free = 0;
    for (size_t i = 0; pool.block && i < SLOTS; i++) {
        free = pool.used[i] ? 0 : free + 1;
        if (free < count)
            continue;
        size_t first = i + 1 - count;
        memset(&pool.used[first], true, count);
        return pool.block + first * SLOT;
    }
    return NULL;
}

/* Zeroes the bytes and releases them, in the pool or in pages of their own. */
static void release(const struct secret *secret)
{
    char *bytes = secret->bytes;
    if (!bytes || !pool.block || bytes < pool.block || bytes >= pool.block + SLOTS * SLOT) {
        sodium_free(bytes);
        return;
    }
    size_t size = secret->capacity + 1;
    sodium_memzero(bytes, size);
    memset(&pool.used[(size_t)(bytes - pool.block) / SLOT], false, slots_for(size));
}

/* Instead of libsodium's abort: sodium_init needs random bytes, which a sandbox may forbid. */
static void end_program(void)
{
    enum { OWN_FAILURE = 125 };
    log_error("sandbox", "see what a sandbox (seccomp) forbids: getrandom(2) is needed",
              "libsodium cannot get random bytes");
    _exit(OWN_FAILURE);
}

int secret_setup(struct error *err)
{
    sodium_set_misuse_handler(end_program);
    if (sodium_init() < 0)
        return error_sys(err, "cannot set up libsodium");
    if (!pool.block)
        pool.block = sodium_malloc((size_t)SLOTS * SLOT);
    return pool.block ? 0 : error_sys(err, "cannot get guarded memory");
}

/* sodium_malloc takes whole pages, with its canary at the end of the last one. Using the rest of that page costs
 * nothing, and a secret that grows moves less often. */
static size_t whole_pages(size_t capacity)
{
    size_t pages = (capacity + 1 + CANARY + PAGE - 1) / PAGE;
    return pages * PAGE - CANARY - 1;
}

int secret_reserve(struct secret *secret, size_t capacity, struct error *err)
{
    if (secret->bytes && capacity <= secret->capacity)
        return 0;

    char *bytes = capacity < SLOTS * SLOT ? take_slots(capacity + 1) : NULL;
    size_t room = slots_for(capacity + 1) * SLOT - 1;
    if (!bytes && capacity < SIZE_MAX / 4) {
        room = whole_pages(capacity);
        bytes = sodium_malloc(room + 1);
    }
    if (!bytes) {
        errno = ENOMEM;
        error_sys(err, "cannot get %zu bytes of guarded memory", capacity);
        return -1;
    }
    if (secret->bytes && secret->length > 0)
        memcpy(bytes, secret->bytes, secret->length);
    bytes[secret->length] = '\0';

    release(secret);
    secret->bytes = bytes;
    secret->capacity = room;
    return 0;
}

int secret_append(struct secret *secret, const void *bytes, size_t length, struct error *err)
{
    size_t needed = length < SIZE_MAX / 4 ? secret->length + length : SIZE_MAX;
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
    return !secret->bytes || mlock(secret->bytes, secret->capacity) == 0;
}

void secret_free(struct secret *secret)
{
    release(secret);
    *secret = (struct secret){0};
}
