#include "process/exit_status.h"

#include <sys/wait.h>

int exit_status(int wait_status)
{
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

int exit_status_among(int status, const uint64_t good[4])
{
    return good[status / 64] >> (status % 64) & 1 ? 0 : status;
}
