/* How long a signal to an init takes to reach its command. Starts every command once, sends SIGUSR1 to each by turns (turns.h),
 * and writes one line for each signal:
 *
 *     INDEX NANOSECONDS
 *
 * from before kill(2) to the return of sigwait in the command, which must be `signals child`. The two share memory, the file that
 * the command's standard output is, so that the answer costs the init nothing. A command that is itself `signals child` is the
 * kernel's own time. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "turns.h"

static const int PATIENCE = 10; /* seconds until a signal counts as lost */
static const unsigned LIFETIME = 60;
static const useconds_t SETTLE =
    50 * 1000; /* an init may still have work after its command has begun */

struct shared {
    uint32_t answers; /* 1: the child is ready; one more with each signal */
    int64_t when;     /* of the last answer */
};

struct init {
    pid_t pid;
    struct shared *shared;
};

static void answer(struct shared *shared)
{
    shared->when = nanoseconds();
    __atomic_add_fetch(&shared->answers, 1, __ATOMIC_RELEASE);
    wake_all(&shared->answers);
}

static struct shared *map(int fd)
{
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared != MAP_FAILED)
        return shared;
    perror("signals: mmap");
    return NULL;
}

/* The command: ends by the SIGTERM that its init passes on, or by itself where that does not come. */
static int child(void)
{
    sigset_t set;
    int number = 0;
    struct shared *shared = map(1);
    if (!shared)
        return 1;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    alarm(LIFETIME);
    do
        answer(shared);
    while (sigwait(&set, &number) == 0);
    return 1;
}

static int wait_for_answer(const struct init *init, uint32_t seen)
{
    int64_t limit = nanoseconds() + (int64_t)PATIENCE * 1000000000;
    while (__atomic_load_n(&init->shared->answers, __ATOMIC_ACQUIRE) == seen) {
        if (nanoseconds() > limit)
            return -1;
        wait_for_change(&init->shared->answers, seen, PATIENCE);
    }
    return 0;
}

static int start(const struct command *command, struct init *init)
{
    posix_spawn_file_actions_t files;
    int output = memfd_create("answers", MFD_CLOEXEC);
    if (output < 0 || ftruncate(output, sizeof *init->shared) < 0) {
        perror("signals: memfd");
        return -1;
    }
    init->shared = map(output);
    if (!init->shared)
        return -1;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, output, 1);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    int error = posix_spawn(&init->pid, command->words[0], &files, NULL, command->words, environ);
    posix_spawn_file_actions_destroy(&files);
    close(output);
    if (error != 0) {
        fprintf(stderr, "signals: %s: %s\n", command->words[0], strerror(error));
        return -1;
    }
    if (wait_for_answer(init, 0) == 0)
        return 0;
    fprintf(stderr, "signals: %s did not start its command\n", command->words[0]);
    return -1;
}

static int ask(size_t index, const struct command *command, void *context)
{
    struct init *init = (struct init *)context + index;
    uint32_t seen = init->shared->answers;
    int64_t before = nanoseconds();
    if (kill(init->pid, SIGUSR1) < 0 || wait_for_answer(init, seen) < 0) {
        fprintf(stderr, "signals: %s lost a signal\n", command->words[0]);
        return -1;
    }
    printf("%zu %lld\n", index, (long long)(init->shared->when - before));
    return 0;
}

static void end_all(const struct init *inits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (inits[i].pid > 0)
            kill(inits[i].pid, SIGTERM);
    while (wait(NULL) > 0 || errno == EINTR) {
    }
}

int main(int argc, char **argv)
{
    struct turns turns;
    struct init inits[sizeof turns.commands / sizeof *turns.commands] = {0};
    int result = 0;
    if (argc == 2 && strcmp(argv[1], "child") == 0)
        return child();
    if (read_turns(argc, argv, &turns) < 0)
        return 2;
    for (size_t i = 0; i < turns.count && result == 0; i++)
        result = start(&turns.commands[i], &inits[i]);
    usleep(SETTLE);
    if (result == 0)
        result = by_turns(&turns, ask, inits);
    end_all(inits, turns.count);
    return result < 0 ? 1 : 0;
}
