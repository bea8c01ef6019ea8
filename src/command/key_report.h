/* What a key command prints: the changes in the store, and what they mean for the processes that use it. */
#pragma once

#include "command/key_plan.h"

/* Prints to standard output what the plan changes in the store at `path`, with fingerprints, and what the operator has to
 * do next. `created`: the ring was missing, and the command created it. `done`: the plan was carried out; else the text
 * says what would change. */
void key_report(const struct plan *plan, enum verb verb, const char *path, bool created, bool done);
