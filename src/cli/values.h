/* Values of options: from text to the field in struct settings that the option's row names. A new kind of value is
 * added here.
 *
 * Each function returns 0, or -1: ERROR_USAGE says what is wrong with the value, and the caller adds the option's
 * name; ERROR_SYSTEM: no memory. */
#pragma once

#include "base/lines.h"
#include "cli/options.h"

struct error;

/* The option's field in `settings`. The option's kind tells its type. */
void *value_field(struct settings *settings, size_t id);

/* Reads the value of an option that is not repeatable. A text value is kept as a pointer. NULL: there is no default;
 * for KIND_SET that means all of its words. */
int value_read(struct settings *settings, size_t id, const char *text, struct error *err);

/* Adds one value of a repeatable option. A text value is kept as a pointer. "none" adds nothing, unless the option
 * takes paths. */
int value_add(struct settings *settings, size_t id, struct span value, struct error *err);

/* Adds each value of a comma list, and copies the texts. */
int value_add_all(struct settings *settings, size_t id, const char *list, struct error *err);
