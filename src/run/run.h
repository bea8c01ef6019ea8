/* fernit run and fernit init: find or make the key, keep it, hand it on, become the command. */
#pragma once

#include <stdbool.h>

#include "run/look.h"

/* The order: look at the sources and decide; where there is no key make one, or keep the one that
 * airflow.cfg holds; write airflow.cfg; build the command's environment; exec. Between the steps a
 * TERM, INT, HUP or QUIT ends it with nothing half-done.
 *
 * Returns the status to exit with: of `init` 0; 125 for any failure of our own, 126 or 127 where the
 * command cannot be run, 128+N for a signal. A `run` that succeeds does not return. */
int run_command(const struct context *context);
int run_init(const struct context *context);
