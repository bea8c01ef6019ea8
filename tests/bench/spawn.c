/* Starts commands again and again, by turns (turns.h), and writes one line for each start:
 *
 *     INDEX BEGAN ENDED MAXRSS STATUS
 *
 * BEGAN and ENDED are nanoseconds from before posix_spawn: to the first line of true.c, if the command ends in that, else 0;
 * and to after wait4. MAXRSS, in KiB, is the largest process of that start. The kernel counts the memory of who spawned it too,
 * up to the exec: hence a small static program and not Python. Standard output is a file in memory, standard error /dev/null. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "turns.h"

struct stage {
    posix_spawn_file_actions_t files;
    int64_t *began; /* in the memory that standard output is */
};

static int start(size_t index, const struct command *command, void *context)
{
    struct stage *stage = context;
    pid_t child = 0;
    int status = 0;
    struct rusage usage;
    *stage->began = 0;
    int64_t before = nanoseconds();
    int error =
        posix_spawn(&child, command->words[0], &stage->files, NULL, command->words, environ);
    if (error != 0) {
        fprintf(stderr, "spawn: %s: %s\n", command->words[0], strerror(error));
        return -1;
    }
    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR) {
            perror("spawn: wait4");
            return -1;
        }
    int64_t ended = nanoseconds() - before;
    int64_t began = *stage->began > 0 ? *stage->began - before : 0;
    printf("%zu %lld %lld %ld %d\n", index, (long long)began, (long long)ended, usage.ru_maxrss,
           status);
    return 0;
}

int main(int argc, char **argv)
{
    struct turns turns;
    struct stage stage;
    if (read_turns(argc, argv, &turns) < 0)
        return 2;

    int output = memfd_create("output", MFD_CLOEXEC);
    if (output < 0 || ftruncate(output, sizeof *stage.began) < 0) {
        perror("spawn: memfd");
        return 1;
    }
    stage.began = mmap(NULL, sizeof *stage.began, PROT_READ | PROT_WRITE, MAP_SHARED, output, 0);
    if (stage.began == MAP_FAILED) {
        perror("spawn: mmap");
        return 1;
    }
    posix_spawn_file_actions_init(&stage.files);
    posix_spawn_file_actions_adddup2(&stage.files, output, 1);
    posix_spawn_file_actions_addopen(&stage.files, 2, "/dev/null", O_WRONLY, 0);
    return by_turns(&turns, start, &stage) < 0 ? 1 : 0;
}
