/* Changes one option in the text of an ini file, and verifies that nothing else changed.
 *
 * Pure functions from text to text. Only the lines of that option are replaced: comments, order, blank lines,
 * indentation and line ends stay. The result is parsed again. If another option is no longer there, in the same
 * order and with the same value, the edit is refused.
 */
#pragma once

#include <stdbool.h>

#include "base/ini.h"

struct error;

/* Puts the text of `ini` into *edited, with `name` of [section] set to `value`:
 *
 *   - the option's line and its continuation lines become one line "name = value", comments between them stay;
 *   - if [section] lacks the option, a new line behind the section's header;
 *   - if there is no such section, the section and the line at the end of the file.
 *
 * `value` is one line without "%". `mark` is NULL, or a comment line that goes directly above the option, unless
 * it is already there. Returns 0, or -1 with ERROR_REFUSED (another option would change; *edited is then empty) or
 * ERROR_SYSTEM. */
int ini_set(const struct ini *ini, const char *section, const char *name, const char *value,
            const char *mark, struct secret *edited, struct error *err);

/* The same, but turns the option's lines into comments and removes its mark. The option must be there. If the same
 * comment is already in the file, the lines are removed: else a file that two versions of Airflow share would grow
 * at each start. */
int ini_comment_out(const struct ini *ini, const char *section, const char *name, const char *mark,
                    struct secret *edited, struct error *err);

/* Whether the line directly above the option is exactly `mark`. The option must come from ini_read. */
bool ini_is_marked(const struct ini *ini, const struct ini_option *option, const char *mark);
