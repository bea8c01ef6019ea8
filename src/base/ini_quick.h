/* Finds a few options of an ini file without parsing all of it, where configparser certainly finds the same.
 *
 * airflow.cfg has 110 KB, every start needs five of its options, and parsing every line (base/ini.h) takes longer
 * than the rest of the start. Two facts hold anywhere in the file:
 *
 *   - a line that begins in the first column, and is no comment, begins a section or an option. It cannot continue
 *     the option above it, because it is not indented deeper;
 *   - a section begins only where "[" is the first character of a line that is not a blank.
 *
 * So most of the text is only searched for "[", and only the lines of the wanted sections are read one by one.
 * Text that could be read in another way is a doubt, and then the caller must parse the whole file: an indented
 * "[", a header followed by more text, a value that continues in the next line or has bytes other than printable
 * ASCII, "\r" in a wanted section, text before the first section, a wanted section that is there twice, a
 * [DEFAULT], and a line that contains an option's name but is neither the option nor a comment (NAME_cmd, for
 * example).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/ini.h"

struct ini_wanted {
    const char *section; /* not DEFAULT */
    const char *name;    /* contains no other name that is wanted in its section */
};

enum ini_quick_state {
    INI_QUICK_MORE,  /* the text goes on */
    INI_QUICK_FOUND, /* the text has ended: an option that was not found is not in it */
    INI_QUICK_DOUBT, /* parse the whole file */
};

/* Set the first three members, zero the rest. */
struct ini_quick {
    const struct ini_wanted *wanted; /* borrowed, as are their names */
    size_t count;
    struct ini *ini; /* gets what was found; use it with ini_find, ini_value and ini_section only */
    enum ini_quick_state state;
    bool in_section;     /* behind the first header */
    bool has_default;    /* there is a [DEFAULT] */
    const char *section; /* the current section if it is wanted, else NULL */
    bool open;           /* the option found last may continue in the next line */
};

/* Reads the complete lines in `length` bytes, and returns how many bytes they have. Pass the remaining bytes
 * again, with more text behind them. Out of memory is a doubt, too. */
size_t ini_quick_feed(struct ini_quick *quick, const char *text, size_t length);

/* The text has ended, with `left` bytes that were not read. */
void ini_quick_end(struct ini_quick *quick, size_t left);
