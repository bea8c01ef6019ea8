/* What a command leaves behind: our descendants, once it has ended.
 *
 * They are found by their parents' numbers in /proc, proc(5), and signalled through a descriptor that
 * means them and nobody else, pidfd_open(2). As PID 1 everybody in the namespace is meant, kill(2).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct leftover {
    size_t alive;   /* that could be sent the signal */
    size_t refused; /* that could not, being another user's */
    bool unseen;    /* there is no /proc: nobody was counted, and only as PID 1 anybody signalled */
};

/* Sends `number` to all of them, once, and counts them; zombies, which have ended, are not counted.
 * 0 only counts, kill(2). SIGCONT is for those alone that are stopped. */
struct leftover leftover_signal(int number);
