/* All warnings that fernit can log, by their ids, which stay the same from version to version: programs that watch logs
 * match them. The README says of each what it means and what to do. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct warning {
    const char *id;
    bool security; /* somebody may know, read or exchange the key who should not */
};

enum { WARNINGS_MOST = 64 };

extern const struct warning warnings[];
extern const size_t warning_count;

/* The warning of this id, or NULL. */
const struct warning *warning_named(const char *id);

/* Whether the warning is about security. False for an unknown id. */
bool warning_is_security(const char *id);
