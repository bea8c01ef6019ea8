/* Changing one option in the text of an ini file, and proving that nothing else moved.
 *
 * Pure functions from text to text. Comments, order, blank lines, indentation and line ends stay as
 * they are; only the lines of the one option are replaced. The result is read again, and every
 * other option must still be there, in its order, with its value: else the edit is refused.
 */
#pragma once

#include <stdbool.h>

#include "base/ini.h"

struct error;

/* Puts the text of `ini` into *edited with `name` of [section] set to `value`:
 *
 *   - its line and its continuation lines become one line "name = value", comments between stay;
 *   - where [section] lacks it, a line behind the section's header;
 *   - where there is no such section, the section at the end of the file.
 *
 * `value` is one line and may not need interpolation (no "%"). `mark` is NULL, or a comment line that the option gets
 * directly above it, unless it stands there. Returns 0, or -1 with ERROR_REFUSED
 * (a reader would see something else moved; *edited is then empty) or ERROR_SYSTEM. */
int ini_set(const struct ini *ini, const char *section, const char *name, const char *value,
            const char *mark, struct secret *edited, struct error *err);

/* The same, but the option's lines become comments; where the very same comment is there already, they go: else a file
 * that two versions of Airflow share would grow at each start. The option must be there. Its mark goes. */
int ini_comment_out(const struct ini *ini, const char *section, const char *name, const char *mark,
                    struct secret *edited, struct error *err);

/* Whether `mark`, and nothing else, is the line directly above the option, which is one of a file that was read whole. */
bool ini_is_marked(const struct ini *ini, const struct ini_option *option, const char *mark);
