/* Waiting until a server listens. fernit connects and closes the connection again, as "nc -z" does.
 *
 * Nothing is sent. All addresses of all hosts are tried at once, and one that answers is enough. An address that does
 * not answer, or a name that is not known yet, is tried again until the deadline. The pauses grow, and are random, so
 * that many containers that start together do not connect all at once. A signal to end ends the wait at once.
 * connect(2) "EINPROGRESS", tcp(7), unix(7) */
#pragma once

#include <stdint.h>

#include "base/deadline.h"
#include "base/endpoint.h"

struct error;

struct wait {
    const char *what; /* what the message names before the address: "the database at "; or "" */
    const struct endpoints *endpoints;
    struct deadline deadline;
    const char *most; /* the time as the user wrote it: "60s" */
    bool once;        /* only one try, which may take some seconds, whatever the deadline is */
};

/* Waits. When it must wait, it logs one line that says where, how long and why.
 * Returns 0, or -1: ERROR_INPUT (the time is up), ERROR_ENDING, ERROR_SYSTEM. */
int wait_for(const struct wait *wait, struct error *err);

/* The milliseconds to wait after `tries` failed tries, at least 1: full jitter. `random` picks a number from 10 to a
 * bound, which is 100 at first, doubles with each try, and is 2000 at most. Pure. */
int64_t wait_pause(unsigned tries, uint32_t random);
