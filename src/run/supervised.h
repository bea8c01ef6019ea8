/* fernit run --init: starting the command and supervising it. */
#pragma once

#include "base/environment.h"
#include "run/findings.h"

/* Starts the command in `environment`. Then fernit executes itself again, so that no secret stays in the memory of
 * PID 1, and supervises the command there: main() begins again, with supervise_handed_over. Where that is not
 * possible, it wipes its memory with a warning and supervises here; *environment is empty afterwards.
 *
 * Returns the exit status: the command's (process/supervise.h); 126 or 127 where it cannot be run; 125 for a failure
 * of fernit's own; 128+N for a signal before the start. Where fernit executes itself again it does not return. */
int command_supervised(const struct context *context, struct environment *environment);
