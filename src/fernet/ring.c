#include "fernet/ring.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/lines.h"
#include "base/random.h"
#include "base/unicode.h"

size_t ring_width(const struct ring *ring)
{
    return ring->is_value ? ring->keys.length : FERNET_KEY_BYTES;
}

size_t ring_count(const struct ring *ring)
{
    return ring->is_value ? ring->keys.length > 0 : ring->keys.length / FERNET_KEY_BYTES;
}

const uint8_t *ring_key(const struct ring *ring, size_t index)
{
    return (const uint8_t *)ring->keys.bytes + index * ring_width(ring);
}

bool ring_has(const struct ring *ring, const uint8_t *key, size_t width)
{
    bool found = false;
    if (width != ring_width(ring))
        return false;
    for (size_t i = 0; i < ring_count(ring); i++)
        found |= sodium_memcmp(ring_key(ring, i), key, width) == 0;
    return found;
}

bool ring_covers(const struct ring *ring, const struct ring *other)
{
    for (size_t i = 0; i < ring_count(other); i++)
        if (!ring_has(ring, ring_key(other, i), ring_width(other)))
            return false;
    return true;
}

bool ring_same_first(const struct ring *a, const struct ring *b)
{
    if (ring_count(a) == 0 || ring_count(b) == 0)
        return ring_count(a) == ring_count(b);
    return ring_width(a) == ring_width(b) &&
           sodium_memcmp(ring_key(a, 0), ring_key(b, 0), ring_width(a)) == 0;
}

bool ring_is_same(const struct ring *a, const struct ring *b)
{
    return a->keys.length == b->keys.length &&
           (a->keys.length == 0 ||
            sodium_memcmp(a->keys.bytes, b->keys.bytes, a->keys.length) == 0);
}

int ring_add(struct ring *ring, const uint8_t *key, size_t width, struct error *err)
{
    if (ring_has(ring, key, width) || (ring->is_value && ring->keys.length > 0))
        return 0;
    if (ring_count(ring) == RING_MOST)
        return error_input(err, "there are more than %d keys", RING_MOST);
    return secret_append(&ring->keys, key, width, err);
}

int ring_generate(struct ring *ring, size_t bytes, struct error *err)
{
    enum { MOST = 64, TEXT = sodium_base64_ENCODED_LEN(MOST, sodium_base64_VARIANT_URLSAFE) };
    uint8_t key[MOST];
    char text[TEXT];
    bytes = bytes > MOST ? MOST : bytes;
    if (random_fill(key, bytes, err) < 0)
        return -1;
    sodium_bin2base64(text, sizeof text, key, bytes, sodium_base64_VARIANT_URLSAFE);
    int result = ring->is_value ? ring_add(ring, (const uint8_t *)text, strlen(text), err)
                                : ring_add(ring, key, bytes, err);
    sodium_memzero(key, sizeof key);
    sodium_memzero(text, sizeof text);
    return result;
}

int ring_add_less(struct ring *ring, const struct ring *other, const struct ring *without,
                  struct error *err)
{
    for (size_t i = 0; i < ring_count(other); i++)
        if (!ring_has(without, ring_key(other, i), ring_width(other)) &&
            ring_add(ring, ring_key(other, i), ring_width(other), err) < 0)
            return -1;
    return 0;
}

int ring_add_all(struct ring *ring, const struct ring *other, struct error *err)
{
    static const struct ring nothing = {0};
    return ring_add_less(ring, other, &nothing, err);
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
        result = ring_add(ring, key, sizeof key, err);
    sodium_memzero(key, sizeof key);
    return result;
}

/* Puts the key's number in front of the error. */
static int add_number(struct error *err, size_t number, size_t count)
{
    struct error inner = *err;
    if (inner.kind != ERROR_INPUT)
        return -1;
    if (count == 1)
        snprintf(err->message, sizeof err->message, "the key %s", inner.message);
    else
        snprintf(err->message, sizeof err->message, "key %zu of %zu %s", number, count,
                 inner.message);
    return -1;
}

static int parse_value(struct ring *ring, const char *text, size_t length, struct error *err)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n' || text[i] == '\r')
            return error_input(err, "the value has a line break in it");
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return error_input(err, "the value has a control character in it");
    }
    if (length == 0)
        return error_input(err, "the value is empty");
    if (!utf8_is_valid(text, length))
        return error_input(err,
                           "the value is not UTF-8, and Airflow cannot read a file that holds it");
    if (line_trim(text, text + length).length != length)
        return error_input(err, "the value begins or ends with a blank such as U+00A0, which "
                                "Airflow would cut off");
    if (length > VALUE_MOST)
        return error_input(err, "the value has %zu bytes, at most %d are taken", length,
                           VALUE_MOST);
    return ring_add(ring, (const uint8_t *)text, length, err);
}

static int parse_keys(struct ring *ring, const char *text, size_t length, struct error *err)
{
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
        if (empty && count > 1) {
            error_input(err, "key %zu of %zu is empty: there is one comma too many", number, count);
            return error_hint(err, "remove that comma, or write the key that is missing there");
        }
        if (add_element(ring, text, size, err) < 0)
            return add_number(err, number, count);
        text = stop + 1;
    }
    return 0;
}

int ring_parse(struct ring *ring, const char *text, size_t length, struct error *err)
{
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    while (length > 0 && is_blank(*text)) {
        text++;
        length--;
    }
    int parsed =
        ring->is_value ? parse_value(ring, text, length, err) : parse_keys(ring, text, length, err);
    return parsed < 0 && err->kind == ERROR_INPUT ? error_id(err, "invalid-key") : parsed;
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
    if (ring->is_value)
        return secret_append(text, ring->keys.bytes, ring->keys.length, err);
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

void ring_fingerprint(const struct ring *ring, size_t index, char text[FINGERPRINT_TEXT + 1])
{
    fingerprint(ring_key(ring, index), ring_width(ring), text);
}

static void list_fingerprints(const struct ring *ring, size_t most, char *text, size_t size)
{
    *text = '\0';
    for (size_t i = 0; i < ring_count(ring) && i < most; i++) {
        char one[FINGERPRINT_TEXT + 1];
        ring_fingerprint(ring, i, one);
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
