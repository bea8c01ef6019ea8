#include "process/anew.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/program.h"

/* No call of fernit's uses more stack than this. */
enum { STACK_USED = 256 * 1024 };

static size_t stack_used(void)
{
    struct rlimit limit = {.rlim_cur = 0};
    getrlimit(RLIMIT_STACK, &limit);
    return limit.rlim_cur / 4 < STACK_USED ? (size_t)limit.rlim_cur / 4 : STACK_USED;
}

int anew_open(void)
{
    return program_open(O_PATH);
}

void anew_execute(int program, const char *word)
{
    const char *const argv[] = {"fernit", word, NULL};
    char *const environment[] = {NULL};
    syscall(SYS_execveat, program, "", argv, environment, AT_EMPTY_PATH);
}

/* From the first byte of `first` to the end of the last string of `list`: the kernel lays them out in a row, the
 * arguments before the environment. execve(2), proc(5) "/proc/pid/environ" */
void anew_wipe(char **argv)
{
    static char *nothing[] = {NULL};
    char *last = argv[0];
    for (char **list = argv; *list; list++)
        last = *list > last ? *list : last;
    for (char **list = environ; *list; list++)
        last = *list > last ? *list : last;
    if (argv[0])
        sodium_memzero(argv[0], (size_t)(last - argv[0]) + strlen(last));
    argv[0] = NULL;
    environ = nothing;
    sodium_stackzero(stack_used());
}
