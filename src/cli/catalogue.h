/* All warnings that fernit can log, by their ids, which stay the same from version to version: who watches
 * logs goes by them. The README says of each what it means and what cures it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct warning {
    const char *id;
    bool security; /* somebody may know the key, or read or exchange it, who should not */
};

extern const struct warning warnings[];
extern const size_t warning_count;

/* Whether the warning is one of security; one that is not in the catalogue is none. */
bool warning_is_security(const char *id);
