#include "base/search.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/environment.h"

int search_exec(char *const *argv, char *const *environment)
{
    const char *name = argv[0];
    if (*name == '\0') {
        errno = ENOENT;
        return -1;
    }
    if (strchr(name, '/'))
        return execve(name, argv, environment);

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
            execve(candidate, argv, environment);
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
