/* Values of options: from text to the field in struct settings that the option's row names.
 *
 * Each returns 0, or -1: ERROR_USAGE says what is wrong with the value, and not which option has it; ERROR_SYSTEM: no
 * memory. */
#pragma once

#include "base/lines.h"
#include "cli/options.h"

struct error;

/* The field that the option fills; its kind says of which type. */
void *value_field(struct settings *settings, size_t id);

/* Reads the value of an option that is not repeatable. Text is kept as a pointer. NULL: no default, which
 * KIND_SET takes for all of its words. */
int value_read(struct settings *settings, size_t id, const char *text, struct error *err);

/* Adds one value of a repeatable option. Text is kept as a pointer. "none" adds nothing, but as a path. */
int value_add(struct settings *settings, size_t id, struct span value, struct error *err);

/* Adds each value of a comma list; texts are copied. */
int value_add_all(struct settings *settings, size_t id, const char *list, struct error *err);
