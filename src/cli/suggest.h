/* Options for the commands that messages suggest, so that they use the same store as this command.
 *
 * Each option follows a blank and is quoted for a shell: " --store '/a b'". A value that cannot be shown whole (too
 * long, with control characters, like a key) becomes "...", which no option takes. The suggested command then fails,
 * and never uses another store. */
#pragma once

#include <stdbool.h>

#include "cli/settings.h"

/* The options that every command with a store takes (CARRIED_BY_ALL), from the command line or the environment.
 * Relative paths become absolute ones. */
void suggest_options(const struct settings *settings, char text[SUGGESTED]);

/* The same, and the options of `fernit init` (CARRIED_BY_INIT) from the command line. Variables are set at the next
 * start too, so they are left out. */
void suggest_init(const struct settings *settings, char text[SUGGESTED]);

/* For a command that takes no words, and got one. Fills the error with ERROR_USAGE, and returns -1. */
int suggest_no_words(const struct settings *settings, const char *command, struct error *err);

/* Appends one option. A NULL value: a flag that is on. */
void suggest_add(char text[SUGGESTED], const char *name, const char *value);
