/* fernit status: what a run would do here, and why. Changes nothing, prints no secret. */
#pragma once

#include "entry/look.h"

/* Prints it to standard output, as a table or (--json) as one object. Returns EXIT_GOOD, EXIT_PROBLEM
 * where a run would be refused or something is broken, or 128+N. */
int status_command(const struct context *context);
