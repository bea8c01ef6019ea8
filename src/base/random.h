/* Random bytes, for what must not be guessed. */
#pragma once

#include <stddef.h>

struct error;

/* Fills them: getrandom(2), or on a kernel without it what libsodium has found instead. Returns 0, or -1 with
 * ERROR_SYSTEM (a sandbox may forbid it at any time, where libsodium would end the program). */
int random_fill(void *bytes, size_t length, struct error *err);
