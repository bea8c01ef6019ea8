/* What a key command says of its plan: what changes in the store, and what that means for those who read it. */
#pragma once

#include "command/key_plan.h"

/* Prints on standard output what the plan of `verb` changes in the store at `path`, by fingerprints, and what the
 * operator has to do next. `created`: the ring was gone, and is made by it. `done`: it has happened; else it
 * would. */
void key_report(const struct plan *plan, enum verb verb, const char *path, bool created, bool done);
