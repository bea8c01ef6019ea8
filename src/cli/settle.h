/* From the texts of settings, once all of them are found, to what they say. */
#pragma once

#include "base/lines.h"
#include "cli/settings.h"

struct error;

/* Takes one value of the repeatable option `id`; of a path only the pointer, which must last. "none" adds
 * nothing. Returns 0, or -1: ERROR_USAGE, which names where it stands; ERROR_SYSTEM. */
int settle_value(struct settings *settings, size_t id, struct span value, struct error *err);

/* Reads settings->all into the rest, and sets the log's level and format. Returns 0, or -1 as above. */
int settle(struct settings *settings, struct error *err);

/* Sets the log's format at once, so that what is wrong with the other settings is told in it, too. A text that
 * is no format does nothing here. */
void settle_log_format(const char *text);

/* Whom to become, NULL: nobody. It may still change as long as not all settings are found. */
const char *settle_user(const struct settings *settings);
