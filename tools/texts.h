/* What the manual pages and doc/options.md say of commands and options beyond what the program itself prints: it costs
 * no byte there. In Markdown, of which mdoc.c knows `code` and [words](link). */
#pragma once

#include "cli/commands.h"
#include "cli/options.h"

/* NULL: what the program prints (options[].help) says it all. The words that an option takes follow the text. */
extern const char *const option_texts[OPTION_COUNT];

/* A paragraph on each. */
extern const char *const command_texts[COMMAND_COUNT];

const char *option_text(enum option_id id);
