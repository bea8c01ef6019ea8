/* Options of the commands that messages suggest, so that they act on the store that this command has looked at.
 *
 * Each option follows a blank, as a shell reads it: " --store '/a b'". A value that cannot be shown whole (too long,
 * with control characters, like a key) is "...", which no option takes: the command then fails and never acts on
 * another store. */
#pragma once

#include <stdbool.h>

#include "cli/settings.h"

/* Those that every command at a store takes (CARRIED_BY_ALL), from the command line or the environment. Relative paths
 * become absolute. */
void suggest_options(const struct settings *settings, char text[SUGGESTED]);

/* The same, and those of `fernit init` (CARRIED_BY_INIT) from the command line. Variables are still set at the next
 * start. */
void suggest_init(const struct settings *settings, char text[SUGGESTED]);

/* Appends one option; value NULL: a flag that is on. */
void suggest_add(char text[SUGGESTED], const char *name, const char *value);
