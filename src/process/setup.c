#include "process/setup.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "process/image.h"

/* The limit of descriptors may be a thousand million. */
enum { DESCRIPTORS_MOST = 1 << 16 };

int process_setup(struct error *err)
{
    if (image_protect() < 0)
        return error_sys(err, "cannot protect this program's own data");
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            return error_sys(err, "/dev/null");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return error_sys(err, "cannot keep this process from being dumped");
    return 0;
}

static int close_from_to(unsigned first, unsigned last)
{
    return first > last ? 0 : (int)syscall(SYS_close_range, first, last, 0);
}

void process_close_all_but(int kept)
{
    const unsigned first = STDERR_FILENO + 1;
    const unsigned most = kept < 0 ? first : (unsigned)kept;
    if ((kept < 0 || close_from_to(first, most - 1) == 0) &&
        close_from_to(kept < 0 ? first : most + 1, UINT_MAX) == 0)
        return;
    struct rlimit limit = {.rlim_cur = 0};
    getrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = (int)first; (rlim_t)fd < limit.rlim_cur && fd < DESCRIPTORS_MOST; fd++)
        if (fd != kept)
            close(fd);
}

int process_follow_parent(int number, pid_t parent, struct error *err)
{
    if (prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) < 0)
        return error_sys(err,
                         "cannot ask for a signal at the end of the process that started fernit");
    if (getppid() != parent)
        kill(getpid(), number);
    return 0;
}
