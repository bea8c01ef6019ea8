/* stamp [COMMAND [ARG...]]: writes the time, in nanoseconds of CLOCK_MONOTONIC, as a line on standard output, and becomes the command.
 *
 * A container does not change that clock: what is written inside and what the host has read are one scale. */
#include "turns.h"

int main(int argc, char **argv)
{
    (void)argc;
    printf("%lld\n", (long long)nanoseconds());
    fflush(stdout);
    if (!argv[1])
        return 0;
    execv(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
