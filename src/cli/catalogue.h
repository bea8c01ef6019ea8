/* The ids of all errors and warnings, each with the text of `fernit help ID`. An id stays the same from version to
 * version: programs that watch logs match it. tools/texts.c explains each at more length, for fernit-messages(7) and
 * doc/messages.md. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* As bits: an id may be both. */
enum catalogue_level { CATALOGUE_ERROR = 1, CATALOGUE_WARNING = 2 };

struct catalogue_row {
    const char *id;
    const char *help;     /* what happened, "\n", what to do */
    unsigned char levels; /* enum catalogue_level */
    bool security;        /* as a warning: another person may know, read or replace a secret */
};

enum { CATALOGUE_MOST = 64 };

extern const struct catalogue_row catalogue[];
extern const size_t catalogue_count;

/* The row of this id, or NULL. */
const struct catalogue_row *catalogue_named(const char *id);

/* Whether the warning is about security. False for an unknown id. */
bool warning_is_security(const char *id);
