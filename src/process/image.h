/* This program as it lies in memory: elf(5), its segments. */
#pragma once

#include <stdbool.h>

/* Makes what the loader has relocated read-only, PT_GNU_RELRO, which musl's start of a static program
 * leaves undone. Returns 0, or -1 with errno. */
int image_protect(void);

/* Whether the file holds the same bytes, where this program has its code and constants. Its data it
 * has changed by now. */
bool image_is_in(int fd);

/* Gives back the memory that this program's code and constants take, for a process that waits most of
 * its life: madvise(2), MADV_DONTNEED. What is used again is read again, and the kernel then brings
 * its surroundings along, up to the ends of the mapping: so the page of `often` and those behind it up
 * to the one after `also`, two functions of the waiting loop, are made a mapping of their own. */
void image_drop(const void *often, const void *also);
