/* The targets of --wait-for. */
#pragma once

#include <stddef.h>

#include "base/endpoint.h"

struct error;

enum { WAIT_TARGETS_MOST = 8 };

enum wait_kind { WAIT_DATABASE, WAIT_BROKER, WAIT_ENDPOINT };

/* The words for the kinds before WAIT_ENDPOINT: "db", "broker". */
extern const char *const wait_words[WAIT_ENDPOINT];

struct wait_target {
    enum wait_kind kind;
    struct endpoint endpoint; /* of WAIT_ENDPOINT */
};

struct wait_targets {
    struct wait_target list[WAIT_TARGETS_MOST];
    size_t count;
};

/* Adds one value of --wait-for: "db", "broker", "tcp://HOST:PORT", "unix:/PATH"; "none" and "off" add nothing. Pure.
 * Returns 0, or -1 with ERROR_USAGE, which says what is valid. */
int wait_target_add(struct wait_targets *targets, struct span value, struct error *err);
