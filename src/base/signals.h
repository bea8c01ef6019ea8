/* Signals are blocked while fernit works, so that none of them interrupts a write.
 *
 * main() first blocks all 64 signals. Between its steps, in every wait and before the exec, fernit checks whether a
 * signal that asks it to end is pending. Before the exec it restores what it inherited. Signal sets are 64-bit
 * words, bit N-1 for signal N, passed to the system calls directly: musl's sigfillset leaves out signals 32 to 34,
 * and a glibc program may use 34 (its SIGRTMIN).
 * rt_sigprocmask(2), rt_sigpending(2), rt_sigtimedwait(2), signalfd(2), signal(7)
 */
#pragma once

#include <stdint.h>

struct error;

struct signals {
    uint64_t inherited; /* the mask with which fernit was started */
    uint64_t ending;    /* TERM, INT, HUP, QUIT, without those inherited as ignored or blocked */
    int descriptor; /* readable while one of `ending` is pending; never read, so that it stays readable */
};

/* Blocks all signals and fills *signals, except its descriptor. Returns 0, or -1 with ERROR_SYSTEM. */
int signals_hold(struct signals *signals, struct error *err);

/* Opens the descriptor. Call it when 0, 1 and 2 are open. Returns 0, or -1 with ERROR_SYSTEM. */
int signals_watch(struct signals *signals, struct error *err);

/* The number of a pending signal that asks to end, or 0. */
int signals_pending(const struct signals *signals);

/* Restores the inherited mask, for exec. A pending signal that asks to end, or one that arrives before the exec
 * replaces the program, ends the process with status 128+N: for PID 1 the kernel would otherwise drop it. (During
 * the exec itself the kernel drops it; no process can prevent that.) Drops a SIGPIPE of fernit's own log. Signals
 * inherited as ignored stay ignored. */
void signals_release(const struct signals *signals);

/* Restores only the inherited mask: for a new child, to which no signal was sent yet. */
void signals_restore(const struct signals *signals);

/* Takes the next pending signal. Waits at most `milliseconds`, for ever if negative. Skips a SIGPIPE that this
 * process raised itself by writing to a pipe without a reader.
 * Returns its number, 0 when the time is up, or -1 with ERROR_SYSTEM. */
int signals_next(int64_t milliseconds, struct error *err);

/* Stops this process and its group as the terminal would, with SIGTSTP, SIGTTIN or SIGTTOU, and returns when it is
 * continued. The kernel does not stop an orphaned group, because no process could continue it: setpgid(2),
 * "orphaned process group". Returns whether it was stopped. */
int signals_stop(int number);
