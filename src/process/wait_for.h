/* Waiting until a server listens: a connection is made and closed again, as "nc -z" does it.
 *
 * Nothing is sent. All addresses of all hosts are tried at once, and one that answers is enough. What does not answer, or has a
 * name that is not known (yet), is tried again until the deadline, after pauses that grow, and are random, so that a hundred
 * containers that start together do not knock together. A signal that asks to end ends it at once.
 * connect(2) "EINPROGRESS", tcp(7), unix(7)
 */
#pragma once

#include <stdint.h>

#include "base/deadline.h"
#include "base/endpoint.h"

struct error;

struct wait {
    const char *what; /* in front of where it is: "the database at "; or "" */
    const struct endpoints *endpoints;
    struct deadline deadline;
    const char *most; /* how long that is, as a person wrote it: "60s" */
    bool once;        /* one try, which may take some seconds, whatever the deadline */
};

/* Waits; says where, how long and why with one line (log_notice) when it has to.
 * Returns 0, or -1: ERROR_INPUT, the time is up; ERROR_ENDING; ERROR_SYSTEM. */
int wait_for(const struct wait *wait, struct error *err);

/* The milliseconds to wait after so many tries, counted from 1, that have failed: full jitter, `random` among 10 to a bound,
 * which begins with 100, doubles with each try and ends with 2000. Pure. */
int64_t wait_pause(unsigned tries, uint32_t random);
