#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/search.h"
#include "process/exec.h"
#include "process/terminal.h"

/* Room for search_exec's paths, and for what the kernel and the C library need. */
enum { STACK = 32 * 1024 };

struct child {
    const struct start *start;
    struct sigaction inherited; /* of SIGCHLD */
    pid_t parent;
    char **listener; /* "LISTEN_PID=..." in the environment, if it named fernit; else NULL */
    int report;
};

static char **find_listener(char **environment)
{
    char ours[32];
    snprintf(ours, sizeof ours, "LISTEN_PID=%d", (int)getpid());
    for (; *environment; environment++)
        if (strcmp(*environment, ours) == 0)
            return environment;
    return NULL;
}

static void pass_over(int number)
{
    (void)number;
}

/* A key pressed at the terminal now would stop the child before its exec, and fernit with it. Unlike SIG_IGN, a
 * handler ends with the exec. */
static void do_not_stop(void)
{
    static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        struct sigaction inherited;
        if (sigaction(stops[i], NULL, &inherited) == 0 && inherited.sa_handler == SIG_DFL)
            sigaction(stops[i], &(struct sigaction){.sa_handler = pass_over}, NULL);
    }
}

/* From now on the kernel signals the child when its parent dies. The parent's number shows whether it died before. 0
 * is a parent outside this PID namespace, for example after an unshare(2) for the children. */
static void die_with(pid_t parent)
{
    if (parent == 1 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return;
    pid_t now = getppid();
    if (now != parent && now != 0)
        _exit(EXEC_NOT_RUNNABLE);
}

static int prepare(const struct child *child)
{
    const struct start *start = child->start;
    if (start->own_session ? setsid() < 0 : setpgid(0, 0) < 0)
        return -1;
    if (start->takes_terminal)
        terminal_take();
    if (start->terminal >= 0)
        terminal_give(start->terminal, getpid());
    die_with(child->parent);
    return start->no_new_privileges ? prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) : 0;
}

static int become(void *context)
{
    const struct child *child = context;
    const struct start *start = child->start;
    char listener[32];
    int failure[2] = {1, 0};

    if (prepare(child) == 0) {
        failure[0] = 0;
        if (child->listener) {
            snprintf(listener, sizeof listener, "LISTEN_PID=%d", (int)getpid());
            *child->listener = listener;
        }
        do_not_stop();
        sigaction(SIGCHLD, &child->inherited, NULL);
        signals_restore(start->signals);
        search_exec(start->argv, start->environment);
    }
    failure[1] = errno;
    ssize_t ignored = write(child->report, failure, sizeof failure);
    (void)ignored;
    _exit(EXEC_NOT_RUNNABLE);
}

/* Reads the child's report; nothing comes where its exec succeeded. */
static int read_report(int report, int failure[2])
{
    ssize_t count;
    do {
        count = read(report, failure, 2 * sizeof *failure);
    } while (count < 0 && errno == EINTR);
    return count == 2 * sizeof *failure;
}

static void bury(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

pid_t spawn_command(const struct start *start, int *status, struct error *err)
{
    *status = 125;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_sys(err, "cannot create a pipe");
    _cleanup_close_ int read_end = ends[0];
    _cleanup_close_ int write_end = ends[1];

    struct child child = {.start = start, .parent = getpid(), .report = write_end};
    child.listener = find_listener(start->environment);
    if (sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &child.inherited) < 0)
        return error_sys(err, "cannot watch for the command's end");

    _Alignas(16) char stack[STACK];
    pid_t pid = clone(become, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &child);
    if (pid < 0)
        return error_sys(err, "cannot start a process for %s", exec_shown(start->argv[0]));

    cleanup_close(&write_end);
    write_end = -1;
    int failure[2];
    if (!read_report(read_end, failure))
        return pid;
    bury(pid);
    errno = failure[1];
    if (failure[0])
        return error_sys(err, "%s: cannot be prepared to run", exec_shown(start->argv[0]));
    *status = exec_failure(start->argv[0], err);
    return -1;
}
