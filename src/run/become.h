/* --user: root prepares what only root can, and becomes the user for the rest of the start. */
#pragma once

#include <stdbool.h>

#include "base/environment.h"
#include "resolve/early.h"
#include "run/findings.h"

struct error;

struct becoming {
    struct early early;
    struct environment environment;
    struct secret left_cfg; /* the path; empty: none */
};

/* As root, in this order: finds the user (process/user.h); reads the mounted secrets that only root can read
 * (resolve/early.h); creates the store's directory for the user if `keeps` says that this command stores a key, and
 * --store was given or a key must be created (store/make_for.h); copies the environment and sets HOME, USER and
 * LOGNAME to the user's; checks whether HOME led to another airflow.cfg before; becomes the user. Then it points the
 * context to the results, which are in *becoming and must live as long.
 *
 * Without --user, and where this process is that user already and not root, nothing changes.
 * Returns 0, or -1 as user_find and user_become: the process must end then. */
int become_user(struct context *context, bool keeps, struct becoming *becoming, struct error *err);

void becoming_free(struct becoming *becoming);
#define _cleanup_becoming_ _cleanup_(becoming_free)
