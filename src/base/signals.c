#include "base/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

/* For SFD_CLOEXEC and SFD_NONBLOCK. Its function signalfd() takes musl's sigset_t, not the kernel's set. */
#include <sys/signalfd.h>

static const int ending_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

enum { KERNEL_SET = sizeof(uint64_t) };

static uint64_t bit(int number)
{
    return UINT64_C(1) << (number - 1);
}

int signals_hold(struct signals *signals, struct error *err)
{
    *signals = (struct signals){.descriptor = -1};
    uint64_t all = UINT64_MAX;
    if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &signals->inherited, KERNEL_SET) < 0)
        return error_sys(err, "cannot block signals");

    for (size_t i = 0; i < sizeof ending_signals / sizeof *ending_signals; i++) {
        struct sigaction inherited;
        int number = ending_signals[i];
        if (sigaction(number, NULL, &inherited) == 0 && inherited.sa_handler != SIG_IGN &&
            !(signals->inherited & bit(number)))
            signals->ending |= bit(number);
    }
    return 0;
}

int signals_watch(struct signals *signals, struct error *err)
{
    long fd = syscall(SYS_signalfd4, -1, &signals->ending, KERNEL_SET, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return error_sys(err, "cannot watch for signals");
    signals->descriptor = (int)fd;
    return 0;
}

int signals_pending(const struct signals *signals)
{
    uint64_t pending = 0;
    syscall(SYS_rt_sigpending, &pending, KERNEL_SET);
    pending &= signals->ending;
    return pending ? __builtin_ctzll(pending) + 1 : 0;
}

static void end_program(int number)
{
    _exit(128 + number);
}

/* Writing the log to a pipe without a reader raises SIGPIPE. It must not end the command. */
static void drop_pipe_signal(const struct signals *signals)
{
    const uint64_t pipe = bit(SIGPIPE);
    const struct timespec at_once = {0};
    if (signals->inherited & pipe)
        return;
    while (syscall(SYS_rt_sigtimedwait, &pipe, NULL, &at_once, KERNEL_SET) > 0) {
    }
}

void signals_release(const struct signals *signals)
{
    drop_pipe_signal(signals);
    for (size_t i = 0; i < sizeof ending_signals / sizeof *ending_signals; i++)
        if (signals->ending & bit(ending_signals[i]))
            sigaction(ending_signals[i], &(struct sigaction){.sa_handler = end_program}, NULL);
    signals_restore(signals);
}

void signals_restore(const struct signals *signals)
{
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &signals->inherited, NULL, KERNEL_SET);
}

/* hot: process/supervise.c says why. */
__attribute__((hot)) int signals_next(int64_t milliseconds, struct error *err)
{
    const uint64_t all = UINT64_MAX;
    const struct timespec most = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    siginfo_t info;
    for (;;) {
        long number =
            syscall(SYS_rt_sigtimedwait, &all, &info, milliseconds < 0 ? NULL : &most, KERNEL_SET);
        bool from_us = number > 0 && info.si_code == SI_USER && info.si_pid == getpid();
        if (number == SIGPIPE && from_us)
            continue;
        if (number > 0)
            return (int)number;
        /* EINTR: this process was stopped and continued. */
        if (errno == EAGAIN || errno == EINTR)
            return 0;
        return error_sys(err, "cannot wait for signals");
    }
}

/* Set while signals_stop unblocks SIGCONT. */
static volatile sig_atomic_t continued;

static void note_continued(int number)
{
    (void)number;
    continued = 1;
}

int signals_stop(int number)
{
    /* The next stop signal would remove a SIGCONT that is only pending. */
    const uint64_t both = bit(number) | bit(SIGCONT);
    continued = 0;
    sigaction(number, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    sigaction(SIGCONT, &(struct sigaction){.sa_handler = note_continued}, NULL);
    kill(0, number);
    syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &both, NULL, KERNEL_SET);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &both, NULL, KERNEL_SET);
    return continued;
}
