#include "base/search.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"

const char *search_path(char *const *environment)
{
    const char *path = environment_get(environment, "PATH");
    return path ? path : "/usr/local/bin:/bin:/usr/bin";
}

bool search_next(const char **path, const char *name, char candidate[PATH_MAX])
{
    while (*path) {
        const char *start = *path;
        const char *end = strchrnul(start, ':');
        *path = *end ? end + 1 : NULL;
        int length = snprintf(candidate, PATH_MAX, "%.*s%s%s", (int)(end - start), start,
                              end > start ? "/" : "", name);
        if (length > 0 && length < PATH_MAX)
            return true;
    }
    return false;
}

bool search_finds(const char *name, char *const *environment)
{
    const char *path = strchr(name, '/') ? NULL : search_path(environment);
    char candidate[PATH_MAX];
    if (!path)
        return access(name, F_OK) == 0;
    while (search_next(&path, name, candidate))
        if (access(candidate, F_OK) == 0)
            return true;
    return false;
}

static bool is_program(const char *path)
{
    char start[SELFMAG];
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd >= 0 && read(fd, start, sizeof start) == sizeof start &&
           memcmp(start, ELFMAG, SELFMAG) == 0;
}

static int execute(const char *path, char *const *argv, char *const *environment)
{
    execve(path, argv, environment);
    int found = errno;
    errno = found == ENOEXEC && is_program(path) ? ELIBBAD : found;
    return -1;
}

int search_exec(char *const *argv, char *const *environment)
{
    const char *name = argv[0];
    const char *path = search_path(environment);
    char candidate[PATH_MAX];
    int found = ENOENT;
    if (*name == '\0') {
        errno = ENOENT;
        return -1;
    }
    if (strchr(name, '/'))
        return execute(name, argv, environment);

    while (search_next(&path, name, candidate)) {
        execute(candidate, argv, environment);
        /* A directory that cannot be searched may have the file: remember that, and go on. */
        if (errno == EACCES)
            found = EACCES;
        else if (errno != ENOENT && errno != ENOTDIR)
            return -1;
    }
    errno = found;
    return -1;
}
