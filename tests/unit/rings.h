/* Keys that are easy to tell apart: the key A is the byte 'A', 32 times. */
#pragma once

#include "fernet/ring.h"
#include "table.h"

/* Its canonical text. */
static inline const char *key_text(char letter)
{
    static char texts[8][FERNET_KEY_TEXT + 1];
    static unsigned next;
    uint8_t key[FERNET_KEY_BYTES];
    char *text = texts[next++ % COUNT(texts)];
    memset(key, letter, sizeof key);
    fernet_key_text(key, text);
    return text;
}

/* "ABA" adds the keys A, B and A. */
static inline void add_keys(struct ring *ring, const char *letters)
{
    for (; *letters; letters++) {
        struct error err = {0};
        uint8_t key[FERNET_KEY_BYTES];
        memset(key, *letters, sizeof key);
        if (ring_add(ring, key, sizeof key, &err) != 0)
            fail_msg("%c: %s", *letters, err.message);
    }
}

/* And back; '?' is a key that is none of these. */
static inline const char *letters_of(const struct ring *ring)
{
    static char letters[RING_MOST + 1];
    size_t count = ring_count(ring);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *key = ring_key(ring, i);
        letters[i] = (char)key[0];
        for (size_t j = 1; j < ring_width(ring); j++)
            if (key[j] != key[0])
                letters[i] = '?';
    }
    letters[count] = '\0';
    return letters;
}
