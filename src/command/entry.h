/* Finds the command that the command line names, reads its settings, and runs it. */
#pragma once

#include "base/signals.h"

/* Runs the command that argv names. Before this call, main() blocks signals and prepares memory for secrets.
 * Returns the exit status. `run` and `init`: 125 for each failure of fernit itself. The others: 0 good, 1 a problem was
 * found, 2 wrong usage. */
int entry(char **argv, char *const *environment, const struct signals *signals);
