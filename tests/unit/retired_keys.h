/* Retired keys, by the letters of tests/unit/rings.h. */
#pragma once

#include <stdlib.h>

#include "rings.h"
#include "store/retired.h"

/* "AB" retires the keys A and B. */
static inline void retire_keys(struct retired *retired, const char *letters)
{
    for (; *letters; letters++) {
        uint8_t key[FERNET_KEY_BYTES];
        memset(key, *letters, sizeof key);
        retired->fingerprints =
            reallocarray(retired->fingerprints, retired->count + 1, sizeof *retired->fingerprints);
        assert_non_null(retired->fingerprints);
        fingerprint(key, sizeof key, retired->fingerprints[retired->count++]);
    }
}
