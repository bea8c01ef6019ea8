#include "process/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

int terminal_open(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    /* In a container /dev/tty may not be the terminal that it got. */
    if (fd < 0 && tcgetpgrp(STDIN_FILENO) > 0)
        fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return fd;
}

static bool is_dead(pid_t group)
{
    return group > 0 && kill(-group, 0) < 0 && errno == ESRCH;
}

bool terminal_is_ours(int terminal)
{
    pid_t foreground = tcgetpgrp(terminal);
    if (foreground != 0 || getpgrp() != 0)
        return foreground == getpgrp() || (getsid(0) == getpid() && is_dead(foreground));
    /* 0 is a group outside this PID namespace. A read of no bytes takes nothing. In the background it fails, because
     * SIGTTIN is held back. */
    char nothing;
    return read(terminal, &nothing, 0) == 0;
}

bool terminal_was_left(int terminal, pid_t command)
{
    pid_t foreground = tcgetpgrp(terminal);
    siginfo_t ignored;
    return foreground == command || is_dead(foreground) ||
           (foreground > 0 &&
            waitid(P_PGID, (id_t)foreground, &ignored, WEXITED | WNOHANG | WNOWAIT) == 0);
}

bool terminal_leave(void)
{
    static const int sent[] = {SIGHUP, SIGCONT};
    static const struct timespec now = {0};
    sigset_t before;
    if (getsid(0) != getpid() || tcgetsid(STDIN_FILENO) != getpid() || sigpending(&before) < 0 ||
        ioctl(STDIN_FILENO, TIOCNOTTY) < 0)
        return false;
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, sent[i]);
        if (!sigismember(&before, sent[i]))
            sigtimedwait(&one, NULL, &now);
    }
    return true;
}

void terminal_take(void)
{
    (void)ioctl(STDIN_FILENO, TIOCSCTTY, 0);
}

void terminal_give(int terminal, pid_t group)
{
    (void)tcsetpgrp(terminal, group);
}
