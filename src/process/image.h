/* The segments of this program in memory. elf(5) */
#pragma once

#include <stdbool.h>

/* Makes relocated data read-only (PT_GNU_RELRO). musl does not do it for a static program. Returns 0, or -1 with
 * errno. */
int image_protect(void);

/* Whether the file has the same code and constants as this program. Data is not compared: it has changed since. */
bool image_is_in(int fd);

/* Releases the memory of this program's code and constants, for a process that waits most of its life: madvise(2),
 * MADV_DONTNEED.
 *
 * The kernel reads again what is used again, and the pages around it up to the ends of the mapping. So the pages from
 * `often` to the one after `also`, two functions of the waiting loop, become a mapping of their own. */
void image_drop(const void *often, const void *also);
