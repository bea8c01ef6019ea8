/* What `fernit help` and `--help` print. */
#pragma once

/* Prints the page of a command ("run"), or the overview for NULL, to standard output; the options
 * come from the table. Returns EXIT_GOOD, or EXIT_USAGE where there is no such page. */
int help_print(const char *command);
