/* --user: what root does for a user, and then is that user for all the rest. */
#pragma once

#include <stdbool.h>

#include "base/environment.h"
#include "resolve/early.h"
#include "run/look.h"

struct error;

struct becoming {
    struct early early;
    struct environment environment;
    struct secret left_cfg; /* the path; empty: none */
};

/* In this order, as root: finds the user (process/user.h); reads the mounted secrets that root
 * alone may read (resolve/early.h); makes the store's directory for the user where `keeps` says
 * that this command keeps a key, and it was named or a key will have to be made (store/make_for.h);
 * sets HOME, USER and LOGNAME to the user's in a copy of the environment; looks whether an
 * airflow.cfg stays behind where the old HOME led; becomes the user. The context is then changed to
 * what has come of it, which is in *becoming and must live as long.
 *
 * Where --user is not given, or this process is that user already without being root, nothing is
 * done.
 * Returns 0, or -1 as user_find and user_become do: the process must end then. */
int become_user(struct context *context, bool keeps, struct becoming *becoming, struct error *err);

void becoming_free(struct becoming *becoming);
#define _cleanup_becoming_ _cleanup_(becoming_free)
