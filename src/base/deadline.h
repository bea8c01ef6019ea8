/* A moment until which to wait, and a signal that ends the wait before it. */
#pragma once

#include <stdint.h>

struct error;
struct signals;

struct deadline {
    int64_t at;                    /* CLOCK_MONOTONIC, milliseconds */
    const struct signals *signals; /* one that asks to end ends every deadline_wait; borrowed */
};

/* The moment `milliseconds` from now. */
struct deadline deadline_in(int64_t milliseconds, const struct signals *signals);

/* Waits until `fd` is readable or closed by its writer; fd -1: for nothing but the time.
 * At most `most` milliseconds, and never past the deadline; -1: until the deadline.
 * Returns 1 if fd is ready, 0 when the time is up (deadline_passed tells which), -1 with
 * ERROR_ENDING or ERROR_SYSTEM. */
int deadline_wait(const struct deadline *deadline, int fd, int64_t most, struct error *err);

/* Whether it has passed. */
int deadline_passed(const struct deadline *deadline);

/* How many milliseconds are left until then, at least 0. */
int64_t deadline_left(const struct deadline *deadline);
