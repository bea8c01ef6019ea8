/* fernit status: what a run would do here, and why. It changes nothing and prints no secret.
 *
 * status makes no decision of its own. It shows the sources, then calls the functions of a run with context->pretends:
 * they write nothing. Their results and their warnings are what status prints. status sees an obstacle to writing only
 * where permissions or mounts show it; it does not see a full disk, or a lock that another fernit has. If a write of
 * airflow.cfg was interrupted, status shows the file as it is; the run finishes it first. */
#pragma once

#include "run/findings.h"

/* Prints to standard output, as a table or (--json) as one object. Returns EXIT_GOOD, EXIT_PROBLEM if a run would be
 * refused or something is broken, or 128+N after a signal. */
int status_command(const struct context *context);
