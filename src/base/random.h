/* Random bytes for keys and names that nobody can guess. */
#pragma once

#include <stddef.h>

struct error;

/* Fills `bytes` by getrandom(2), or by libsodium on a kernel without it. Returns 0, or -1 with ERROR_SYSTEM: a
 * sandbox may forbid getrandom at any time, and libsodium alone would then abort the program. */
int random_fill(void *bytes, size_t length, struct error *err);
