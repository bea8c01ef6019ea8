/* Removing what crashed starts left in the store. */
#pragma once

#include "run/findings.h"

/* Removes the temporary files that crashed starts left beside the files of the secrets that were read. What an
 * interrupted change left goes only where no other host can be in the middle of one: locks reach all of them, or
 * --assume-single-writer says so. */
void tidy_store(const struct context *context, const struct findings *findings);
