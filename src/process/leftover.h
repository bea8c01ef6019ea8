/* The command's descendants that still run when it has ended.
 *
 * fernit finds them by their parents' numbers in /proc, proc(5), and signals each through a descriptor, which cannot
 * mean another process: pidfd_open(2). As PID 1 it signals every process of the namespace, kill(2). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct leftover {
    size_t alive;   /* processes that got the signal */
    size_t refused; /* processes of another user, which fernit may not signal */
    bool unseen;    /* there is no /proc: none was counted, and only PID 1 signalled any */
};

/* Sends signal `number` once to each of them, and counts them, without zombies. 0 only counts, kill(2). SIGCONT goes
 * only to stopped processes. */
struct leftover leftover_signal(int number);
