#include "process/program.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "process/image.h"

#define OWN_FILE "/proc/self/exe"

static const char *started_as(void)
{
    return (const char *)getauxval(AT_EXECFN); // NOLINT(performance-no-int-to-ptr)
}

int program_open(int flags)
{
    int fd = open(OWN_FILE, flags | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    const char *path = started_as();
    fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
    if (fd >= 0 && image_is_in(fd))
        return fd;
    cleanup_close(&fd);
    return -1;
}

void program_beside(const char *name, char path[PATH_MAX])
{
    char own[PATH_MAX] = "";
    const char *start = own;
    if (readlink(OWN_FILE, own, sizeof own - 1) < 0 && started_as())
        start = started_as();
    const char *slash = strrchr(start, '/');
    snprintf(path, PATH_MAX, "%.*s%s", slash ? (int)(slash + 1 - start) : 0, start, name);
}
