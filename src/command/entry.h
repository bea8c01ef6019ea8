/* fernit's commands: from the words on the command line to one call. */
#pragma once

#include "base/signals.h"

/* Runs the command that argv names. Signals are held back and secrets set up already.
 * Returns the status to exit with: of `run` and `init` 125 for any failure of fernit's own; of the
 * others 0 good, 1 a problem found, 2 wrong usage. */
int entry(char **argv, char *const *environment, const struct signals *signals);
