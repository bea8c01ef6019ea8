/* Resources that are released at the end of their scope (GCC's cleanup attribute), so that an early return leaks
 * nothing:
 *
 *     _cleanup_close_ int fd = open(...);
 *     _cleanup_free_ char *path = realpath(...);
 *
 * Secrets have their own: _cleanup_secret_ in base/secret.h.
 */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function), unused))
#define _cleanup_close_ _cleanup_(cleanup_close)
#define _cleanup_free_ _cleanup_(cleanup_free)

static inline void cleanup_close(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* Hands a descriptor to the caller: returns it and sets *fd to -1, so that it is not closed. */
static inline int cleanup_keep(int *fd)
{
    int kept = *fd;
    *fd = -1;
    return kept;
}

static inline void cleanup_free(void *pointer)
{
    free(*(void **)pointer);
}
