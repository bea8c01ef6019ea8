/* Keys and secrets that everybody can know: they stand in images, compose files, charts and tutorials. */
#pragma once

#include "fernet/key.h"

/* Where the key or value with this fingerprint was published, or NULL. */
const char *fingerprint_published(const char text[FINGERPRINT_TEXT + 1]);
