/* The command's end as fernit's own exit status. */
#pragma once

#include <stdint.h>

/* The exit status for what wait(2) reported: the command's own, or 128+N where signal N ended it, as in shells. Pure.
 */
int exit_status(int wait_status);

/* `status`, or 0 where its bit in `good` (256 bits) is set. Pure. */
int exit_status_among(int status, const uint64_t good[4]);
