/* Where a server listens: a host and a port, or the path of a unix socket. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/lines.h"

struct error;

enum {
    ENDPOINT_HOST = 256,                /* the longest name in DNS has 253 characters */
    ENDPOINT_TEXT = ENDPOINT_HOST + 16, /* a written one */
    ENDPOINTS_MOST = 8,
};

struct endpoint {
    char host
        [ENDPOINT_HOST]; /* a name, or an address without brackets; where port is 0 the socket's path */
    uint16_t port;
};

/* Several, of which any one is as good as the others. */
struct endpoints {
    struct endpoint list[ENDPOINTS_MOST];
    size_t count;
};

/* "HOST", "HOST:PORT", "[IPv6]" or "[IPv6]:PORT" in its two parts, of which each may be empty. Returns 0, or -1 with
 * ERROR_INPUT: something stands behind the bracket that is no port. */
int endpoint_split(struct span text, struct span *host, struct span *port, struct error *err);

/* Fills it with a host, and a port, or `fallback` where that is empty. A host is of letters, digits and "._-", in an
 * IPv6 address also ":" and "%"; what is none may be a part of a password, so no message shows it.
 * Returns 0, or -1 with ERROR_INPUT: there is no host, or none that could be one; the port is none of 1 to 65535; there is
 * neither a port nor a fallback (0). */
int endpoint_host(struct endpoint *endpoint, struct span host, struct span port, uint16_t fallback,
                  struct error *err);

/* Fills it with the path of a unix socket, which the kernel takes up to 107 bytes long: unix(7). Returns 0, or -1 with
 * ERROR_INPUT: it is not absolute, or too long. */
int endpoint_path(struct endpoint *endpoint, struct span path, struct error *err);

/* The same for one more of several, of which there may be ENDPOINTS_MOST. */
int endpoints_add_host(struct endpoints *endpoints, struct span host, struct span port,
                       uint16_t fallback, struct error *err);
int endpoints_add_path(struct endpoints *endpoints, struct span path, struct error *err);

/* As a person writes it: "postgres:5432", "[::1]:5432", "unix:/run/socket". */
void endpoint_text(const struct endpoint *endpoint, char text[ENDPOINT_TEXT]);

/* All of them, with ", " between; what does not fit is left out, and "..." says so. */
void endpoints_text(const struct endpoints *endpoints, char *text, size_t size);
