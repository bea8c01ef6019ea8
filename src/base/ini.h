/* The text of an ini file, read as Python's configparser reads it, because Airflow does.
 *
 * inih splits the lines. It differs from configparser (strict, "=" or ":", comments only at a line's start, no
 * inline comments), so each line is passed to it in a form that both read in the same way:
 *
 *   - a line that is indented deeper than the option above it continues that option's value, any other line begins
 *     a new option (inih: any indented line continues);
 *   - "\n", "\r\n" and "\r" end a line; Unicode's blanks are blanks;
 *   - names have any length (inih cuts them at 49 bytes).
 *
 * What configparser refuses is an error here, with the line's number: an option or a section that is there twice,
 * text before the first section, a line that is neither header nor option, a byte order mark. Errors, too: NUL
 * bytes; a line that begins with "[" and is no header, which configparser may read as an option; a header with a
 * second "]", which Python versions read differently.
 * https://docs.python.org/3/library/configparser.html#supported-ini-file-structure
 * https://github.com/benhoyt/inih
 */
#pragma once

#include <stddef.h>

#include "base/lines.h"
#include "base/secret.h"

struct error;

struct ini_option {
    struct span section;
    struct span name;
    size_t value; /* its offset in ini.values, terminated; lines are joined by "\n" */
    size_t line;  /* counted from 1 */
    size_t start; /* offset of its first line in the text */
    size_t
        end; /* offset behind its last continuation line; comments between the lines are included */
};

struct ini_section {
    struct span name;
    size_t line;
    size_t end; /* offset behind the header's line */
};

struct ini {
    const char *text; /* borrowed */
    size_t length;
    struct ini_option *options; /* in the order of the file */
    size_t option_count;
    struct ini_section *sections;
    size_t section_count;
    struct secret values;
};

/* Parses `length` bytes of text, which must not move or change while *ini is used.
 * Returns 0, or -1 with ERROR_INPUT ("line 7: ...") or ERROR_SYSTEM. */
int ini_read(const char *text, size_t length, struct ini *ini, struct error *err);

/* The option `name` of [section] itself, not of [DEFAULT]; NULL if there is none. */
const struct ini_option *ini_find(const struct ini *ini, const char *section, const char *name);

/* Its value as it is in the file, before any interpolation. */
const char *ini_value(const struct ini *ini, const struct ini_option *option);

/* The section, or NULL. [DEFAULT] is not listed. */
const struct ini_section *ini_section(const struct ini *ini, const char *name);

void ini_free_document(struct ini *ini);
#define _cleanup_ini_ _cleanup_(ini_free_document)
