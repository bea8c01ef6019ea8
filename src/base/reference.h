/* References: a value that says where the secret is, "vault:secret/data/airflow#key". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether the text begins with the scheme of a reference, in upper or lower case. */
bool is_reference(const char *text, size_t length);
