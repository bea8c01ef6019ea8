/* The command that every start under measurement ends in. All that it does is say when it began, as nanoseconds of
 * CLOCK_MONOTONIC, at the start of the file that standard output is (spawn.c); the rest of the time is the starter's. */
#include <stdint.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t began = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    /* A pipe or a terminal cannot take it, and need not. */
    if (pwrite(1, &began, sizeof began, 0) < 0)
        return 0;
    return 0;
}
