/* A few options of an ini file, found without reading all of it, where configparser certainly finds the same.
 *
 * airflow.cfg is 110 KB long, every start needs five options of it, and reading it line by line (base/ini.h)
 * takes longer than the rest of the start. Two things are certain wherever they stand:
 *
 *   - a line that begins at its first column, and is no comment, begins a section or an option: it cannot
 *     continue the option above it, since it would have to be indented deeper;
 *   - a section begins only where "[" is the first of a line that is not blank.
 *
 * So most of the text is searched for "[" alone, and only the lines of the sections that are wanted are looked
 * at one by one. Whatever could be read in another way is a doubt, and then the whole must be read: an
 * indented "[", a header with anything behind it, a value that goes on in the next line or has other bytes
 * than printable ASCII, "\r" in a section that is wanted, text before the first section, a section that is wanted
 * and stands there twice, a [DEFAULT], and any line but the option's own that has its name in it and is no comment:
 * NAME_cmd, for one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/ini.h"

struct ini_wanted {
    const char *section; /* not DEFAULT */
    const char *name;    /* has no other name of its section in it */
};

enum ini_quick_state {
    INI_QUICK_MORE,  /* what follows counts */
    INI_QUICK_FOUND, /* the end: what was not found is not there */
    INI_QUICK_DOUBT,
};

/* To begin with, all is zero but the first three. */
struct ini_quick {
    const struct ini_wanted *wanted; /* borrowed, as are their names */
    size_t count;
    struct ini
        *ini; /* gets what was found: only what ini_find, ini_value and ini_section ask for */
    enum ini_quick_state state;
    bool in_section;     /* behind the first header */
    bool has_default;    /* there is a [DEFAULT] */
    const char *section; /* the one that is wanted and goes on here, or NULL */
    bool open;           /* so does the option that was found last */
};

/* Takes the lines that stand whole in `length` bytes, and returns how many bytes these are: what is left is to
 * be given again, with more behind it. Without memory there is a doubt, too. */
size_t ini_quick_feed(struct ini_quick *quick, const char *text, size_t length);

/* The text has ended, with `left` bytes that were not taken. */
void ini_quick_end(struct ini_quick *quick, size_t left);
