#include "base/search.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"

static bool is_program(const char *path)
{
    char start[SELFMAG];
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd >= 0 && read(fd, start, sizeof start) == sizeof start &&
           memcmp(start, ELFMAG, SELFMAG) == 0;
}

static int become(const char *path, char *const *argv, char *const *environment)
{
    execve(path, argv, environment);
    int found = errno;
    errno = found == ENOEXEC && is_program(path) ? ELIBBAD : found;
    return -1;
}

int search_exec(char *const *argv, char *const *environment)
{
    const char *name = argv[0];
    if (*name == '\0') {
        errno = ENOENT;
        return -1;
    }
    if (strchr(name, '/'))
        return become(name, argv, environment);

    const char *path = environment_get(environment, "PATH");
    if (!path)
        path = "/usr/local/bin:/bin:/usr/bin";

    int found = ENOENT;
    for (;;) {
        const char *end = strchrnul(path, ':');
        char candidate[PATH_MAX];
        int length = snprintf(candidate, sizeof candidate, "%.*s%s%s", (int)(end - path), path,
                              end > path ? "/" : "", name);
        if (length > 0 && (size_t)length < sizeof candidate) {
            become(candidate, argv, environment);
            /* A directory that cannot be searched may hide it: remember, and look further. */
            if (errno == EACCES)
                found = EACCES;
            else if (errno != ENOENT && errno != ENOTDIR)
                return -1;
        }
        if (*end == '\0')
            break;
        path = end + 1;
    }
    errno = found;
    return -1;
}
