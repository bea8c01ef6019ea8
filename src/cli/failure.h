/* The end of a command that failed: its message, its hints, its exit status. */
#pragma once

#include "base/signals.h"

struct error;

enum {
    EXIT_GOOD = 0,
    EXIT_PROBLEM = 1,
    EXIT_USAGE = 2,
    EXIT_OWN_FAILURE =
        125, /* of run and init, as in Docker; of every command that is out of memory */
};

/* The exit status of a command other than run and init. */
int failure_status(const struct error *err);

/* Prints the error and its hints, and returns `status`. Where a signal asked fernit to end: prints nothing, and
 * returns 128 plus its number. */
int report_failure(const struct signals *signals, const struct error *err, int status);

/* The same for an error of the command line, before fernit watches for signals. */
int report_unstarted(const struct error *err, int status);
