/* fernit run --init, once everything is prepared. */
#pragma once

#include "base/environment.h"
#include "run/look.h"

/* Starts the command in `environment`, executes fernit anew, so that nothing it has read stays in the
 * memory of PID 1, and supervises the command there. Where that cannot be had the memory is wiped,
 * with a warning, and *environment is empty afterwards.
 *
 * Returns the status to end with: the command's (see process/supervise.h), 126 or 127 where it cannot
 * be run, 125 for any failure of our own, 128+N for a signal that came before it was started. Where
 * fernit executes itself anew it does not return: main() begins again, with supervise_handed_over. */
int command_supervised(const struct context *context, struct environment *environment);
