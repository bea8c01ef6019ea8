/* A few options of an ini file, found without reading all of it as base/ini.h does, where configparser certainly finds the
 * same. A start needs five options of an airflow.cfg of 110 KB; with base/ini.h alone it takes three times as long.
 *
 * Two things are certain of a line, whatever stands around it:
 *
 *   - a line that begins in its first column, and is no comment, begins a section or an option: a line that continues the option
 *     above it is indented;
 *   - a section begins only where "[" is the first of a line that is not blank.
 *
 * Whatever could be read in another way is a doubt, and then the whole must be read: an indented "[", a header with text behind
 * it, text before the first section, a "\r" anywhere, a section that is wanted and comes twice, a [DEFAULT], a value that may go
 * on in the next line or has other bytes than printable ASCII, and in a section that is wanted each line but the option's own that
 * has its name in it and is no comment (NAME_cmd).
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
