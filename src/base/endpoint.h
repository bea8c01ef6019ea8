/* Where a server listens: a host and a port, or the path of a unix socket. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/lines.h"

struct error;

enum {
    ENDPOINT_HOST = 256,                /* the longest name in DNS has 253 characters */
    ENDPOINT_TEXT = ENDPOINT_HOST + 16, /* for endpoint_text */
    ENDPOINTS_MOST = 8,
};

struct endpoint {
    /* A name, or an address without brackets; the path of a unix socket where port is 0. */
    char host[ENDPOINT_HOST];
    uint16_t port;
};

/* Alternatives: it is enough that one of them answers. */
struct endpoints {
    struct endpoint list[ENDPOINTS_MOST];
    size_t count;
};

/* Splits "HOST", "HOST:PORT", "[IPv6]" or "[IPv6]:PORT". Each part may be empty. Returns 0, or -1 with
 * ERROR_INPUT: text other than a port follows the bracket. */
int endpoint_split(struct span text, struct span *host, struct span *port, struct error *err);

/* Fills *endpoint with a host and a port; `fallback` is the port where `port` is empty. A host has letters, digits
 * and "._-", an IPv6 address also ":" and "%". Other text may be part of a password, so no message shows it.
 * Returns 0, or -1 with ERROR_INPUT: no host or not a host; a port outside 1 to 65535; neither a port nor a
 * fallback (0). */
int endpoint_host(struct endpoint *endpoint, struct span host, struct span port, uint16_t fallback,
                  struct error *err);

/* Fills *endpoint with the path of a unix socket: absolute, at most 107 bytes, unix(7). Returns 0, or -1 with
 * ERROR_INPUT. */
int endpoint_path(struct endpoint *endpoint, struct span path, struct error *err);

/* The same, appended to *endpoints. More than ENDPOINTS_MOST are ERROR_INPUT. */
int endpoints_add_host(struct endpoints *endpoints, struct span host, struct span port,
                       uint16_t fallback, struct error *err);
int endpoints_add_path(struct endpoints *endpoints, struct span path, struct error *err);

/* As a person writes it: "postgres:5432", "[::1]:5432", "unix:/run/socket". */
void endpoint_text(const struct endpoint *endpoint, char text[ENDPOINT_TEXT]);

/* All of them, separated by ", ". "..." stands for those that do not fit. */
void endpoints_text(const struct endpoints *endpoints, char *text, size_t size);
