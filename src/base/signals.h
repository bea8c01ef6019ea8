/* Signals held back while fernit works, so that none of them can leave something half done.
 *
 * The first thing main() does is to block all 64; between its steps, in every wait and before the
 * exec fernit looks whether one that asks to end is pending. Before the exec everything is as it was
 * inherited. Sets are 64-bit words, bit N-1 for signal N, set through the raw system calls: musl's
 * sigfillset leaves out signals 32 to 34, which a glibc program may well use (its SIGRTMIN is 34).
 * rt_sigprocmask(2), rt_sigpending(2), signalfd(2), signal(7)
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
