/* base/secret.c itself, with its pages and its shared block: some secrets that grow and go, beside plain copies.
 *
 * The input is pairs of bytes: which secret and what is done to it, and how much of it. */
#include "fuzz.h"

enum { SECRETS = 8, MOST = 20000 };

struct pair {
    struct secret secret;
    char copy[MOST];
};

static void append(struct pair *pair, size_t length, char letter)
{
    static char bytes[MOST];
    struct error err = {0};
    if (pair->secret.length + length > MOST)
        return;
    memset(bytes, letter, length);
    memcpy(pair->copy + pair->secret.length, bytes, length);
    hold(secret_append(&pair->secret, bytes, length, &err) == 0, "there is memory");
}

static void reserve(struct pair *pair, size_t capacity)
{
    struct error err = {0};
    hold(secret_reserve(&pair->secret, capacity, &err) == 0, "there is memory");
    hold(pair->secret.capacity >= capacity, "as much as was asked for");
}

static void hold_pairs(const struct pair *pairs)
{
    for (size_t i = 0; i < SECRETS; i++) {
        const struct secret *secret = &pairs[i].secret;
        hold_terminated(secret);
        hold(secret->length <= secret->capacity, "a secret fits into its memory");
        hold(secret->length == 0 || memcmp(secret->bytes, pairs[i].copy, secret->length) == 0,
             "no secret writes into another");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct pair pairs[SECRETS];
    for (size_t i = 0; i + 1 < size; i += 2) {
        struct pair *pair = &pairs[data[i] % SECRETS];
        size_t amount = data[i + 1];
        switch (data[i] / SECRETS % 4) {
        case 0:
            append(pair, amount, (char)('a' + i % 26));
            break;
        case 1:
            append(pair, amount * 32, (char)('A' + i % 26));
            break;
        case 2:
            reserve(pair, amount * 64);
            break;
        default:
            secret_free(&pair->secret);
            hold(!pair->secret.bytes && pair->secret.length == 0, "what was freed is empty");
        }
        hold_pairs(pairs);
    }
    for (size_t i = 0; i < SECRETS; i++)
        secret_free(&pairs[i].secret);
    return 0;
}
