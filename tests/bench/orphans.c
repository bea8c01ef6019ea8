/* How long an init takes to reap orphans. Starts every command by turns (turns.h), each as PID 1 of a pid namespace with its own
 * /proc, and writes one line for each start:
 *
 *     INDEX ORPHANS NANOSECONDS
 *
 * The command must be `orphans child COUNT`. PID 1 is stopped, from outside, as only that can; the command makes that many zombies,
 * or as many as it may, whose parent then leaves them to PID 1; and PID 1 is continued. The time is from there until the last zombie
 * is gone: all of it is PID 1's, none the making or the ending of processes.
 *
 * Ends with 77 where there is no permission for the namespace. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "turns.h"

enum { NO_PERMISSION = 77, MOST = 30000 };
static const unsigned PATIENCE = 30; /* seconds until zombies that are left count as never reaped */
static const useconds_t SETTLE =
    20 * 1000; /* an init may still have work after its command has begun */

/* --- The command. It, the process between and the orphans are processes of their own with one memory: cheap to make. */

struct stage {
    int count;
    pid_t orphans[MOST];
    char stack[16 * 1024];
    char orphan_stack[16 * 1024]; /* of one after the other */
};

static int orphan(void *context)
{
    (void)context;
    return 0;
}

/* Nobody waits for its children: when it ends they are PID 1's. */
static int between(void *context)
{
    struct stage *stage = context;
    char *top = stage->orphan_stack + sizeof stage->orphan_stack;
    int made = 0;
    while (made < stage->count) {
        pid_t pid = clone(orphan, top, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
        if (pid < 0)
            break;
        stage->orphans[made++] = pid;
    }
    stage->count = made;
    return 0;
}

/* When the last of them was gone. Reaped or not is asked of each in turn, last first: the wait is for the last one, as a rule,
 * and finds the others gone, which takes no part of the time. Returns -1 if one stays. */
static int64_t wait_for_reaping(const struct stage *stage)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000};
    int64_t limit = nanoseconds() + (int64_t)PATIENCE * 1000000000;
    int64_t gone = nanoseconds();
    for (int i = stage->count - 1; i >= 0; i--)
        while (kill(stage->orphans[i], 0) == 0) {
            nanosleep(&pause, NULL);
            gone = nanoseconds();
            if (gone > limit)
                return -1;
        }
    return gone;
}

static int tell(int64_t value)
{
    return write(1, &value, sizeof value) == (ssize_t)sizeof value ? 0 : -1;
}

static int child(int count)
{
    static struct stage stage;
    char go = 0;
    stage.count = count < MOST ? count : MOST;
    if (tell(0) < 0 || read(0, &go, 1) != 1)
        return 1;
    pid_t parent =
        clone(between, stage.stack + sizeof stage.stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &stage);
    if (parent < 0 || waitpid(parent, NULL, 0) < 0 || tell(stage.count) < 0)
        return 1;
    if (tell(wait_for_reaping(&stage)) < 0)
        return 1;
    pause();
    return 0;
}

/* --- Outside */

struct talk {
    int to, from;
};

static int hear(const struct talk *talk, int64_t *value)
{
    return read(talk->from, value, sizeof *value) == (ssize_t)sizeof *value ? 0 : -1;
}

/* In the new namespaces: becomes the command. */
static int become(char **words, int input, int output)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return errno == EPERM ? NO_PERMISSION : 1;
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(nowhere, 2) < 0)
        return 1;
    execv(words[0], words);
    return 1;
}

/* Starts it as PID 1. Returns its pid here, or -1 with errno. */
static pid_t start(char **words, struct talk *talk)
{
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(become(words, in[0], out[1]));
    close(in[0]);
    close(out[1]);
    *talk = (struct talk){in[1], out[0]};
    return pid;
}

/* Returns 0, or -1 where the conversation broke off. `took` is negative where orphans were left. */
static int reap(pid_t init, const struct talk *talk, int64_t *count, int64_t *took)
{
    int status = 0;
    int64_t word = 0;
    if (hear(talk, &word) < 0)
        return -1;
    usleep(SETTLE);
    if (kill(init, SIGSTOP) < 0 || waitpid(init, &status, WUNTRACED) < 0 || !WIFSTOPPED(status))
        return -1;
    if (write(talk->to, "", 1) != 1 || hear(talk, count) < 0)
        return -1;
    int64_t before = nanoseconds();
    if (kill(init, SIGCONT) < 0 || hear(talk, &word) < 0)
        return -1;
    *took = word < 0 ? -1 : word - before;
    return 0;
}

static int turn(size_t index, const struct command *command, void *context)
{
    struct talk talk = {-1, -1};
    int64_t count = 0;
    int64_t took = 0;
    int status = 0;
    int *result = context;
    pid_t init = start(command->words, &talk);
    if (init < 0) {
        *result = errno == EPERM ? NO_PERMISSION : 1;
        perror("orphans: clone");
        return -1;
    }
    bool good = reap(init, &talk, &count, &took) == 0;
    kill(init, SIGKILL);
    waitpid(init, &status, 0);
    close(talk.to);
    close(talk.from);
    if (!good || took < 0) {
        *result = WIFEXITED(status) && WEXITSTATUS(status) == NO_PERMISSION ? NO_PERMISSION : 1;
        fprintf(stderr, "orphans: %s %s\n", command->words[0],
                took < 0 ? "left orphans unreaped" : "did not run its command to the end");
        return -1;
    }
    printf("%zu %lld %lld\n", index, (long long)count, (long long)took);
    return 0;
}

int main(int argc, char **argv)
{
    struct turns turns;
    int result = 0;
    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return child((int)strtol(argv[2], NULL, 10));
    if (read_turns(argc, argv, &turns) < 0)
        return 2;
    by_turns(&turns, turn, &result);
    return result;
}
