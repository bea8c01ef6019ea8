/* A key list, and a secret that is one value: what is taken is written so that it reads back as the same. */
#include "fernet/ring.h"

#include "base/lines.h"
#include "base/unicode.h"
#include "fuzz.h"

static void hold_names(const struct ring *ring)
{
    char all[RING_FINGERPRINTS];
    char summary[RING_SUMMARY];
    char last[FINGERPRINT_TEXT + 1];
    ring_fingerprints(ring, all);
    ring_summary(ring, summary);
    ring_fingerprint(ring, ring_count(ring) - 1, last);
    hold(strlen(last) == FINGERPRINT_TEXT, "a fingerprint has 16 characters");
    hold(strlen(all) == ring_count(ring) * (FINGERPRINT_TEXT + 2) - 2,
         "each key has its fingerprint");
    hold(strcmp(all + strlen(all) - FINGERPRINT_TEXT, last) == 0, "the last is last");
    hold(strncmp(all, summary, FINGERPRINT_TEXT) == 0, "a summary begins with the first key");
}

static void hold_keys(const struct ring *ring)
{
    hold(ring_count(ring) >= 1 && ring_count(ring) <= RING_MOST, "a list has 1 to 64 keys");
    for (size_t i = 0; i < ring_count(ring); i++) {
        hold(ring_has(ring, ring_key(ring, i), ring_width(ring)), "a ring has its keys");
        for (size_t j = 0; j < i; j++)
            hold(memcmp(ring_key(ring, i), ring_key(ring, j), FERNET_KEY_BYTES) != 0,
                 "no key is in a ring twice");
    }
}

static void hold_value(const struct ring *ring)
{
    hold(ring_count(ring) == 1 && ring_width(ring) <= VALUE_MOST, "a value has 1 to 4096 bytes");
    for (size_t i = 0; i < ring_width(ring); i++)
        hold(ring_key(ring, 0)[i] >= ' ' && ring_key(ring, 0)[i] != 0x7f,
             "a value has no control characters");
    const char *text = (const char *)ring_key(ring, 0);
    hold(utf8_is_valid(text, ring_width(ring)), "a value is UTF-8");
    hold(line_trim(text, text + ring_width(ring)).length == ring_width(ring),
         "Python strips nothing from a value");
}

/* `text` is another spelling of what is in `ring`. */
static void hold_spelling(const struct ring *ring, const struct secret *text,
                          const struct secret *canonical)
{
    struct error err = {0};
    _cleanup_ring_ struct ring again = {.is_value = ring->is_value};
    _cleanup_secret_ struct secret rewritten = {0};
    hold(ring_parse(&again, text->bytes, text->length, &err) == 0, "what was taken is taken again");
    hold(same_secret(&again.keys, &ring->keys), "it is the same ring");
    hold(ring_covers(ring, &again) && ring_same_first(ring, &again), "and compares as the same");
    hold(ring_text(&again, &rewritten, &err) == 0, "a ring has a text");
    hold(same_secret(&rewritten, canonical), "the canonical text stays what it is");
}

static void parse(const char *text, size_t size, bool is_value)
{
    struct error err = {0};
    _cleanup_ring_ struct ring ring = {.is_value = is_value};
    _cleanup_secret_ struct secret canonical = {0};
    _cleanup_secret_ struct secret wide = {0};
    if (ring_parse(&ring, text, size, &err) < 0) {
        hold_error(&err, ERROR_INPUT);
        return;
    }
    is_value ? hold_value(&ring) : hold_keys(&ring);
    hold_names(&ring);
    hold(ring_text(&ring, &canonical, &err) == 0, "a ring has a text");
    hold_terminated(&canonical);
    hold(is_value || ring_is_text(canonical.bytes), "a canonical list is known to be one");
    hold_spelling(&ring, &canonical, &canonical);

    hold(secret_append(&wide, " \n", 2, &err) == 0 && secret_append(&wide, text, size, &err) == 0 &&
             secret_append(&wide, "\r\n\t", 3, &err) == 0,
         "there is memory");
    hold_spelling(&ring, &wide, &canonical);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_free_ char *text = text_of(data, size);
    parse(text, size, false);
    parse(text, size, true);
    return 0;
}
