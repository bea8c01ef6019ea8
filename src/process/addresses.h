/* The addresses of endpoints. Numbers and paths are known at once; getaddrinfo(3) looks up names.
 *
 * getaddrinfo takes no deadline, and no signal ends it. So a child process calls it, which is killed when the time is
 * up, and reaped. The child closes all descriptors but its pipe, dies with this process, and cannot be dumped. Where
 * there are only numbers and paths, no child is started. */
#pragma once

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/deadline.h"
#include "base/endpoint.h"

struct error;

enum {
    ADDRESSES_OF_A_NAME = 8, /* more addresses of a name are left out */
    ADDRESSES_MOST = ENDPOINTS_MOST * ADDRESSES_OF_A_NAME,
};

struct address {
    size_t endpoint; /* the index of its endpoint */
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

/* Finds all addresses, the preferred ones first. If an endpoint has none, *reason says why, for the last such
 * endpoint: ERROR_INPUT or ERROR_SYSTEM. A name server may know it later.
 * Returns 0, or -1 with ERROR_ENDING. */
int addresses_find(const struct endpoints *endpoints, const struct deadline *deadline,
                   struct addresses *addresses, struct error *reason, struct error *err);
