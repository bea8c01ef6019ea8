#include "base/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/search.h"
#include "base/shown.h"
#include "base/signals.h"

enum { CHUNK = 4096, REAP_EVERY_MS = 10 };

struct pipe_ends {
    int read;
    int write;
};

static void close_ends(const struct pipe_ends *ends)
{
    cleanup_close(&ends->read);
    cleanup_close(&ends->write);
}
#define _cleanup_ends_ _cleanup_(close_ends)

static int open_pipe(struct pipe_ends *ends, struct error *err)
{
    int both[2];
    if (pipe2(both, O_CLOEXEC) < 0)
        return error_sys(err, "cannot create a pipe");
    *ends = (struct pipe_ends){.read = both[0], .write = both[1]};
    return 0;
}

/* What the child does: it executes argv, or calls the function. */
struct task {
    char *const *argv;
    char *const *environment;
    int (*function)(const void *context, int output);
    const void *context;
};

/* In the child. It writes an errno to `report`; a successful exec closes that pipe instead. */
static _Noreturn void run_child(const struct task *task, int output, int report,
                                const struct signals *signals)
{
    setpgid(0, 0);
    if (task->function) {
        close(report);
        _exit(task->function(task->context, output));
    }
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0) {
        signals_release(signals);
        search_exec(task->argv, task->environment);
    }
    int errnum = errno;
    ssize_t ignored = write(report, &errnum, sizeof errnum);
    (void)ignored;
    _exit(127);
}

static int too_slow(struct error *err, const char *what)
{
    error_input(err, "%s", what);
    return error_hint(err, "set a longer --cmd-timeout");
}

/* Reads until the command closes its output. */
static int collect(int fd, size_t most, const struct deadline *deadline, struct secret *output,
                   struct error *err)
{
    size_t start = output->length;
    for (;;) {
        char chunk[CHUNK];
        int ready = deadline_wait(deadline, fd, -1, err);
        if (ready < 0)
            return -1;
        if (ready == 0 && deadline_passed(deadline))
            return too_slow(err, "did not end in time");
        ssize_t count = ready ? read(fd, chunk, sizeof chunk) : -1;
        if (count < 0 && ready && errno != EINTR && errno != EAGAIN)
            return error_sys(err, "cannot read its output");
        if (count == 0)
            return 0;
        if (count < 0)
            continue;
        int appended = -1;
        if (output->length - start + (size_t)count > most)
            error_input(err, "wrote more than %zu bytes", most);
        else
            appended = secret_append(output, chunk, (size_t)count, err);
        explicit_bzero(chunk, sizeof chunk);
        if (appended < 0)
            return -1;
    }
}

/* Waits until `child` ends. Without pidfd_open (before Linux 5.3, in some sandboxes) it polls. */
static int reap(pid_t child, const struct deadline *deadline, int *status, struct error *err)
{
    _cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
    for (;;) {
        pid_t reaped = waitpid(child, status, WNOHANG);
        if (reaped == child)
            return 0;
        if (reaped < 0 && errno != EINTR)
            return error_sys(err, "cannot wait for it");
        if (deadline_wait(deadline, pidfd, pidfd < 0 ? REAP_EVERY_MS : -1, err) < 0)
            return -1;
        if (deadline_passed(deadline))
            return too_slow(err, "closed its output and did not end in time");
    }
}

static int check_exit(int status, struct error *err)
{
    if (WIFSIGNALED(status))
        return error_input(err, "was ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return error_input(err, "ended with status %d", WEXITSTATUS(status));
    return 0;
}

/* In the parent: waits for the start, the output and the end of the child. */
static int follow_child(pid_t child, int report, int fd, size_t most,
                        const struct deadline *deadline, struct secret *output, struct error *err)
{
    int errnum = 0;
    int status = 0;
    int ready = deadline_wait(deadline, report, -1, err);
    if (ready < 0)
        return -1;
    if (ready == 0)
        return too_slow(err, "could not be started in time");
    if (read(report, &errnum, sizeof errnum) == sizeof errnum) {
        errno = errnum;
        return error_sys(err, "cannot be run");
    }
    if (collect(fd, most, deadline, output, err) < 0 || reap(child, deadline, &status, err) < 0)
        return -1;
    return check_exit(status, err);
}

static int run_task(const struct task *task, size_t most, const struct deadline *deadline,
                    struct secret *output, struct error *err)
{
    _cleanup_ends_ struct pipe_ends out = {-1, -1};
    _cleanup_ends_ struct pipe_ends report = {-1, -1};
    if (open_pipe(&out, err) < 0 || open_pipe(&report, err) < 0)
        return -1;

    /* If our parent ignores SIGCHLD, the kernel would reap the child before we have its status. */
    struct sigaction inherited;
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &inherited);

    pid_t child = fork();
    if (child == 0) {
        sigaction(SIGCHLD, &inherited, NULL);
        run_child(task, out.write, report.write, deadline->signals);
    }
    int result = -1;
    if (child < 0) {
        error_sys(err, "cannot start a process");
    } else {
        close(out.write);
        close(report.write);
        out.write = report.write = -1;
        result = follow_child(child, report.read, out.read, most, deadline, output, err);
        if (result < 0) {
            kill(-child, SIGKILL);
            kill(child, SIGKILL);
            while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
            }
        }
    }
    sigaction(SIGCHLD, &inherited, NULL);
    return result;
}

int command_output(char *const *argv, char *const *environment, size_t most,
                   const struct deadline *deadline, struct secret *output, struct error *err)
{
    const struct task task = {.argv = argv, .environment = environment};
    if (run_task(&task, most, deadline, output, err) == 0)
        return 0;
    const char *known = search_finds(argv[0], environment) ? argv[0] : NULL;
    const char *name = shown(argv[0], known, "the command");
    /* Only up to a "=": a shell would accept NAME=token COMMAND, fernit does not, and the token is a secret. */
    error_within(err, "%.*s", (int)strcspn(name, "="), name);
    if (name == argv[0])
        return -1;
    return error_hint(err,
                      "give its program's whole path: its first word is in no folder of PATH (not "
                      "shown: it may be a secret)");
}

int command_function(int (*function)(const void *context, int output), const void *context,
                     size_t most, const struct deadline *deadline, struct secret *output,
                     struct error *err)
{
    const struct task task = {.function = function, .context = context};
    return run_task(&task, most, deadline, output, err);
}
