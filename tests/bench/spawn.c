/* Starts commands again and again, by turns, and writes one line for each start:
 *
 *     spawn ROUNDS  EVERY COMMAND [ARG...] ';'  EVERY COMMAND [ARG...] ';' ...
 *     INDEX NANOSECONDS MAXRSS STATUS
 *
 * A command takes part in each EVERYth round. The time is from before posix_spawn to after wait4. MAXRSS, in KiB, is the largest
 * process of that start. The kernel counts the memory of who spawned it too, up to the exec: hence a small static program and
 * not Python. Standard output and error of the commands go to /dev/null. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct command {
    long every;
    char **words;
};

static int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Cuts `words` at each ";". Returns how many commands there are; `commands` has room for `room`. */
static size_t read_commands(char **words, struct command *commands, size_t room)
{
    size_t count = 0;
    while (*words && count < room) {
        commands[count].every = strtol(*words++, NULL, 10);
        commands[count].words = words;
        while (*words && strcmp(*words, ";") != 0)
            words++;
        if (*words)
            *words++ = NULL;
        if (commands[count].every < 1 || !commands[count].words[0])
            return 0;
        count++;
    }
    return count;
}

static int start(size_t index, const struct command *command,
                 const posix_spawn_file_actions_t *files)
{
    pid_t child = 0;
    int status = 0;
    struct rusage usage;
    int64_t before = nanoseconds();
    int error = posix_spawn(&child, command->words[0], files, NULL, command->words, environ);
    if (error != 0) {
        fprintf(stderr, "spawn: %s: %s\n", command->words[0], strerror(error));
        return -1;
    }
    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR) {
            perror("spawn: wait4");
            return -1;
        }
    int64_t took = nanoseconds() - before;
    printf("%zu %lld %ld %d\n", index, (long long)took, usage.ru_maxrss, status);
    return 0;
}

int main(int argc, char **argv)
{
    struct command commands[32];
    size_t room = sizeof commands / sizeof *commands;
    long rounds = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
    size_t count = argc > 2 ? read_commands(argv + 2, commands, room) : 0;
    if (rounds < 1 || count == 0) {
        fprintf(stderr, "usage: spawn ROUNDS EVERY COMMAND [ARG...] ';' ...\n");
        return 2;
    }

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);

    /* Each round begins with another one, so that nobody always runs after the slowest. */
    for (long round = 0; round < rounds; round++)
        for (size_t turn = 0; turn < count; turn++) {
            size_t index = (turn + (size_t)round) % count;
            if (round % commands[index].every == 0 && start(index, &commands[index], &files) < 0)
                return 1;
        }
    return 0;
}
