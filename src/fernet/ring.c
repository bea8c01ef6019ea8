#include "fernet/ring.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

size_t ring_count(const struct ring *ring)
{
    return ring->keys.length / FERNET_KEY_BYTES;
}

const uint8_t *ring_key(const struct ring *ring, size_t index)
{
    return (const uint8_t *)ring->keys.bytes + index * FERNET_KEY_BYTES;
}

bool ring_has(const struct ring *ring, const uint8_t key[FERNET_KEY_BYTES])
{
    bool found = false;
    for (size_t i = 0; i < ring_count(ring); i++)
        found |= sodium_memcmp(ring_key(ring, i), key, FERNET_KEY_BYTES) == 0;
    return found;
}

bool ring_covers(const struct ring *whole, const struct ring *part)
{
    for (size_t i = 0; i < ring_count(part); i++)
        if (!ring_has(whole, ring_key(part, i)))
            return false;
    return true;
}

bool ring_same_first(const struct ring *a, const struct ring *b)
{
    if (ring_count(a) == 0 || ring_count(b) == 0)
        return ring_count(a) == ring_count(b);
    return sodium_memcmp(ring_key(a, 0), ring_key(b, 0), FERNET_KEY_BYTES) == 0;
}

int ring_add(struct ring *ring, const uint8_t key[FERNET_KEY_BYTES], struct error *err)
{
    if (ring_has(ring, key))
        return 0;
    if (ring_count(ring) == RING_MOST)
        return error_input(err, "there are more than %d keys", RING_MOST);
    return secret_append(&ring->keys, key, FERNET_KEY_BYTES, err);
}

int ring_generate(struct ring *ring, struct error *err)
{
    uint8_t key[FERNET_KEY_BYTES];
    randombytes_buf(key, sizeof key);
    int result = ring_add(ring, key, err);
    sodium_memzero(key, sizeof key);
    return result;
}

int ring_add_all(struct ring *ring, const struct ring *other, struct error *err)
{
    for (size_t i = 0; i < ring_count(other); i++)
        if (ring_add(ring, ring_key(other, i), err) < 0)
            return -1;
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int add_element(struct ring *ring, const char *text, size_t length, struct error *err)
{
    uint8_t key[FERNET_KEY_BYTES];
    int result = fernet_key_parse(text, length, key, err);
    if (result == 0)
        result = ring_add(ring, key, err);
    sodium_memzero(key, sizeof key);
    return result;
}

static int number_fault(struct error *err, size_t number, size_t count)
{
    struct error inner = *err;
    if (inner.kind != ERROR_INPUT)
        return -1;
    if (count == 1)
        return error_input(err, "the key %s", inner.message);
    return error_input(err, "key %zu of %zu %s", number, count, inner.message);
}

int ring_parse(struct ring *ring, const char *text, size_t length, struct error *err)
{
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    while (length > 0 && is_blank(*text)) {
        text++;
        length--;
    }

    size_t count = 1;
    for (size_t i = 0; i < length; i++)
        count += text[i] == ',';
    if (count > RING_MOST)
        return error_input(err, "there are %zu keys, at most %d can be used", count, RING_MOST);

    const char *end = text + length;
    for (size_t number = 1; number <= count; number++) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const char *stop = comma ? comma : end;
        size_t size = (size_t)(stop - text);
        bool empty = true;
        for (size_t i = 0; i < size; i++)
            empty = empty && is_blank(text[i]);
        if (empty && count > 1)
            return error_input(err, "key %zu of %zu is empty: there is a comma too much", number,
                               count);
        if (add_element(ring, text, size, err) < 0)
            return number_fault(err, number, count);
        text = stop + 1;
    }
    return 0;
}

bool ring_is_text(const char *text)
{
    struct error ignored;
    _cleanup_ring_ struct ring ring = {0};
    return ring_parse(&ring, text, strlen(text), &ignored) == 0;
}

int ring_text(const struct ring *ring, struct secret *text, struct error *err)
{
    size_t count = ring_count(ring);
    if (secret_reserve(text, text->length + count * (FERNET_KEY_TEXT + 1), err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text->bytes[text->length++] = ',';
        fernet_key_text(ring_key(ring, i), text->bytes + text->length);
        text->length += FERNET_KEY_TEXT;
    }
    return 0;
}

static void list_fingerprints(const struct ring *ring, size_t most, char *text, size_t size)
{
    *text = '\0';
    for (size_t i = 0; i < ring_count(ring) && i < most; i++) {
        char one[FINGERPRINT_TEXT + 1];
        fingerprint(ring_key(ring, i), FERNET_KEY_BYTES, one);
        size_t length = strlen(text);
        snprintf(text + length, size - length, "%s%s", i > 0 ? ", " : "", one);
    }
}

void ring_fingerprints(const struct ring *ring, char text[RING_FINGERPRINTS])
{
    list_fingerprints(ring, RING_MOST, text, RING_FINGERPRINTS);
}

void ring_summary(const struct ring *ring, char text[RING_SUMMARY])
{
    enum { SHOWN = 4 };
    size_t count = ring_count(ring);
    size_t shown = count > SHOWN ? SHOWN - 1 : count;
    list_fingerprints(ring, shown, text, RING_SUMMARY);
    size_t length = strlen(text);
    if (shown < count)
        snprintf(text + length, RING_SUMMARY - length, " and %zu more", count - shown);
}

void ring_free(struct ring *ring)
{
    secret_free(&ring->keys);
}
