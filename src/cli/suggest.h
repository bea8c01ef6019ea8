/* Commands that messages suggest: the options that lead another fernit to what this one has looked at.
 *
 * Each option stands behind a blank, as a shell reads it: " --store '/a b'". A value that cannot be shown whole (too
 * long, with control characters, like a key) is "...", which no option takes: the command then fails as it stands and
 * never acts on another store.
 */
#pragma once

#include <stdbool.h>

#include "cli/settings.h"

/* Those that all commands take which look at a store: --store, --store-mode, --user and --config, from the command line
 * or the environment. Relative paths become absolute. */
void suggest_options(const struct settings *settings, char text[SUGGESTED]);

/* The same, and those that `fernit init` takes and the command line has, but for what to wait for, what to print and
 * --assume-single-writer. Variables are the same ones at the next start. */
void suggest_init(const struct settings *settings, char text[SUGGESTED]);
