#include "process/setup.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"

int process_setup(struct error *err)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            return error_sys(err, "/dev/null");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return error_sys(err, "cannot keep this process from being dumped");
    return 0;
}
