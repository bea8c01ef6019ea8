/* A moment until which to wait, and the signals that end the wait before it. */
#pragma once

#include <stdint.h>

struct error;
struct signals;

struct deadline {
    int64_t at;                    /* CLOCK_MONOTONIC, milliseconds */
    const struct signals *signals; /* a pending one that asks to end ends deadline_wait; borrowed */
};

/* The moment `milliseconds` from now. */
struct deadline deadline_in(int64_t milliseconds, const struct signals *signals);

/* Waits until `fd` is readable or its writer has closed it; fd -1: only for time to pass.
 * Waits at most `most` milliseconds (-1: no such limit), and never past the deadline.
 * Returns 1 if fd is ready, 0 when the time is up (deadline_passed tells which limit), or -1 with ERROR_ENDING or
 * ERROR_SYSTEM. */
int deadline_wait(const struct deadline *deadline, int fd, int64_t most, struct error *err);

/* Whether the deadline has passed. */
int deadline_passed(const struct deadline *deadline);

/* Milliseconds until the deadline, at least 0. */
int64_t deadline_left(const struct deadline *deadline);
