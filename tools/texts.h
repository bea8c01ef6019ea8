/* What the manual pages, doc/options.md and doc/messages.md say of commands, options and messages beyond what the
 * program itself prints: it costs no byte there. In Markdown, of which mdoc.c knows `code` and [words](link). */
#pragma once

#include "cli/commands.h"
#include "cli/options.h"

/* NULL: what the program prints (options[].help) says it all. The words that an option takes follow the text. */
extern const char *const option_texts[OPTION_COUNT];

/* A paragraph on each. */
extern const char *const command_texts[COMMAND_COUNT];

const char *option_text(enum option_id id);

/* An error or a warning of cli/catalogue.h. */
struct message_text {
    const char *id;
    const char *
        looks; /* of an error, whose line has no id: what it says, with "..." for what differs; NULL: many things */
    const char *meaning;
    const char *cure;
};

/* NULL: there is none. */
const struct message_text *message_text(const char *id);
