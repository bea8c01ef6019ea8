/* References: where a secret is, in place of the secret, "vault:secret/data/airflow#key". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether the text begins with the scheme of one, in upper or lower case. */
bool is_reference(const char *text, size_t length);
