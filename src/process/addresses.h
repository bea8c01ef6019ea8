/* The addresses of endpoints: numbers and paths at once, names by getaddrinfo(3).
 *
 * That can be given no deadline and is ended by no signal, so a child asks it, which is killed when the time is up, and
 * reaped. It closes all descriptors but its pipe, dies with this process, and cannot be dumped, as this process cannot.
 * Where all are numbers and paths there is no child.
 */
#pragma once

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/deadline.h"
#include "base/endpoint.h"

struct error;

enum {
    ADDRESSES_OF_A_NAME = 8, /* the others of a name are left out */
    ADDRESSES_MOST = ENDPOINTS_MOST * ADDRESSES_OF_A_NAME,
};

struct address {
    size_t endpoint; /* whose: an index */
    socklen_t length;
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
        struct sockaddr_un path;
    };
};

struct addresses {
    struct address list[ADDRESSES_MOST];
    size_t count;
};

/* Finds them all, in the order in which they are to be preferred. Where one has none, *reason says why of the last of
 * them: ERROR_INPUT, ERROR_SYSTEM; it may be known later.
 * Returns 0, or -1 with ERROR_ENDING. */
int addresses_find(const struct endpoints *endpoints, const struct deadline *deadline,
                   struct addresses *addresses, struct error *reason, struct error *err);
