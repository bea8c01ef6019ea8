/* Signals held back while fernit works, so that none of them can leave something half done.
 *
 * The first thing main() does is to block all 64; between its steps, in every wait and before the
 * exec fernit looks whether one that asks to end is pending. Before the exec everything is as it was
 * inherited. Sets are 64-bit words, bit N-1 for signal N, set through the raw system calls: musl's
 * sigfillset leaves out signals 32 to 34, which a glibc program may well use (its SIGRTMIN is 34).
 * rt_sigprocmask(2), rt_sigpending(2), rt_sigtimedwait(2), signalfd(2), signal(7)
 */
#pragma once

#include <stdint.h>

struct error;

struct signals {
    uint64_t inherited; /* the mask that we were started with */
    uint64_t ending;    /* TERM, INT, HUP, QUIT, less those inherited ignored or blocked */
    int descriptor;     /* readable while one of `ending` is pending; never read, so it stays so */
};

/* Blocks all signals and fills *signals but its descriptor. Returns 0, or -1 with ERROR_SYSTEM. */
int signals_hold(struct signals *signals, struct error *err);

/* Opens its descriptor, once 0, 1 and 2 are taken. Returns 0, or -1 with ERROR_SYSTEM. */
int signals_watch(struct signals *signals, struct error *err);

/* The number of a pending signal that asks to end, or 0. */
int signals_pending(const struct signals *signals);

/* Restores the inherited mask, for exec. An ending signal that is pending, or arrives before the
 * kernel has begun the exec in earnest, ends the process with status 128+N: as PID 1 the kernel would
 * otherwise drop it. (During the exec itself it does: nothing in a process that becomes another one
 * can help that.) A SIGPIPE of our own log lines is dropped. Dispositions that were inherited ignored
 * stay ignored. */
void signals_release(const struct signals *signals);

/* Restores the inherited mask and nothing else: for a child, whom no signal has been sent yet. */
void signals_restore(const struct signals *signals);

/* Takes the next of all signals, which are held back; waits for it at most `milliseconds`, for ever
 * where that is negative. A SIGPIPE that this process has raised by writing to a pipe that nobody
 * reads is passed over.
 * Returns its number, 0 where the time is up, or -1 with ERROR_SYSTEM. */
int signals_next(int64_t milliseconds, struct error *err);

/* Stops this process and its group as the terminal would, with SIGTSTP, SIGTTIN or SIGTTOU. Where nobody
 * could continue an orphaned group, the kernel does not stop it: setpgid(2), "orphaned process group".
 * Returns whether it was stopped, and has been continued. */
int signals_stop(int number);
