/* What `fernit help` and `--help` print: pages of at most 24 lines of 80 columns, one screen each. The options and
 * commands on them come from the tables. */
#pragma once

#include <stdio.h>

/* Prints the overview to `stream`. */
void help_usage(FILE *stream);

/* Prints the page of a command ("run"), a topic ("store"), an option ("grace", "--grace": its topic's), the id of an
 * error or a warning ("no-volume"), the list of these ids ("messages"), or the overview for NULL, to standard output. Returns EXIT_GOOD, or EXIT_USAGE where there is no
 * such page; the message names the nearest. */
int help_print(const char *word);
