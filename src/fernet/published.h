/* Keys and secrets that are public: images, compose files, charts and tutorials contain them. */
#pragma once

#include "fernet/key.h"

/* Where the key or value with this fingerprint is published, or NULL. */
const char *fingerprint_published(const char text[FINGERPRINT_TEXT + 1]);
