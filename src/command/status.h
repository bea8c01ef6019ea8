/* fernit status: what a run would do here, and why. Changes nothing, prints no secret.
 *
 * It decides nothing itself. It shows what was found, then does all that a run does, with context->pretends, so that
 * nothing is written, and tells what came of it; the warnings are those of the run. What a run finds only while it
 * writes is told as far as permissions and mounts show it: not a full disk, nor a lock that another fernit has. An
 * airflow.cfg whose writing was interrupted is shown as it stands; the run finishes it first. */
#pragma once

#include "run/findings.h"

/* Prints it to standard output, as a table or (--json) as one object. Returns EXIT_GOOD, EXIT_PROBLEM
 * where a run would be refused or something is broken, or 128+N. */
int status_command(const struct context *context);
