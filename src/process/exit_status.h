/* What a command's end means for the status that fernit ends with. */
#pragma once

#include <stdint.h>

/* The status for what wait(2) has reported: the command's own, or 128+N where signal N ended it
 * (whether or not it dumped core), as shells have it. Pure. */
int exit_status(int wait_status);

/* The same, but 0 where bit N of `good` (256 bits) is set for it. Pure. */
int exit_status_among(int status, const uint64_t good[4]);
