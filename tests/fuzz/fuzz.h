/* What the fuzz targets share: properties, and the input as a text.
 *
 * A target is tests/fuzz/fuzz_NAME.c. It gives libFuzzer's bytes to one part of the program and says, with hold(), what
 * is true of every answer; the sanitizers watch the rest. tests/fuzz/seeds/NAME holds what to begin with, one input a
 * file, tests/fuzz/NAME.dict the words to try. https://llvm.org/docs/LibFuzzer.html
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process where the sentence is not true; libFuzzer then keeps the input. */
#define hold(condition, sentence)                                                                  \
    do {                                                                                           \
        if (!(condition))                                                                          \
            broken(__FILE__, __LINE__, sentence);                                                  \
    } while (0)
_Noreturn void broken(const char *file, int line, const char *sentence);

/* The input with a NUL behind it, in memory that ends there. */
char *text_of(const void *data, size_t size);

/* Takes the next line out of a text, without its "\n", which becomes a NUL; NULL where there is none. */
char *next_line(char **text);

/* Holds that an error is of this kind, and that its message is a line. */
void hold_error(const struct error *err, enum error_kind kind);

/* Holds that a secret's NUL stands behind it. */
void hold_terminated(const struct secret *secret);

bool same_secret(const struct secret *a, const struct secret *b);
