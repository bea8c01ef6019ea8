#include "base/secret.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"

/* Small secrets share one block between two guard pages, one page in all: each sodium_malloc costs a
 * dozen system calls and three pages, and a start needs eight. The state of an allocator is its
 * process's, as malloc's is: the one static beside the log's level. */
enum { PAGE = 4096, CANARY = 16, SLOTS = 8, SLOT = (PAGE - CANARY) / SLOTS };

static struct {
    char *block;
    unsigned used; /* a bit for each slot */
} pool;

static char *take_slot(void)
{
    unsigned slot = (unsigned)__builtin_ctz(~pool.used);
    if (!pool.block || slot >= SLOTS)
        return NULL;
    pool.used |= 1U << slot;
    return pool.block + (size_t)slot * SLOT;
}

/* Zeroes and releases, wherever it is. */
static void release(char *bytes)
{
    if (!bytes || !pool.block || bytes < pool.block || bytes >= pool.block + PAGE) {
        sodium_free(bytes);
        return;
    }
    sodium_memzero(bytes, SLOT);
    pool.used &= ~(1U << (unsigned)((bytes - pool.block) / SLOT));
}

int secret_setup(struct error *err)
{
    if (sodium_init() < 0)
        return error_sys(err, "cannot set up libsodium");
    if (!pool.block)
        pool.block = sodium_malloc((size_t)SLOTS * SLOT);
    return pool.block ? 0 : error_sys(err, "cannot get guarded memory");
}

/* sodium_malloc takes whole pages, with its canary in the last one: what is left of them is room at
 * no cost, and saves moving a secret that grows. */
static size_t whole_pages(size_t capacity)
{
    size_t pages = (capacity + 1 + CANARY + PAGE - 1) / PAGE;
    return pages * PAGE - CANARY - 1;
}

int secret_reserve(struct secret *secret, size_t capacity, struct error *err)
{
    if (secret->bytes && capacity <= secret->capacity)
        return 0;

    char *bytes = capacity < SLOT ? take_slot() : NULL;
    size_t room = SLOT - 1;
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

    release(secret->bytes);
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
    release(secret->bytes);
    *secret = (struct secret){0};
}
