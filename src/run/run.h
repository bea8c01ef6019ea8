/* fernit run and fernit init: one start, in order. src/README.md lists its stages: a file each, beside this one.
 * TERM, INT, HUP or QUIT between two stages ends the start, and leaves no stage half-done. */
#pragma once

#include <stdbool.h>

#include "run/findings.h"

/* Return the exit status: 0 of `init`; 125 for a failure of fernit's own; 126 or 127 where the command cannot be run;
 * 128+N for a signal. A `run` that succeeds does not return; with --init it returns the command's exit status. */
int run_command(const struct context *context);
int run_init(const struct context *context);

/* The stages from check_findings.c to change_rings.c. With context->pretends (fernit status) nothing is written, and
 * *findings says what a run would have written (item->is_kept).
 * Returns 0, or -1 with ERROR_REFUSED, ERROR_INPUT, ERROR_SYSTEM or ERROR_ENDING. */
int store_keys(const struct context *context, struct findings *findings, bool has_command,
               struct error *err);
