/* Durations as people write them in a compose file: "500ms", "10s", "2m", "1h". */
#pragma once

#include <stdint.h>

struct error;

/* Reads `text` as a duration into *milliseconds (0 to 24 hours).
 *
 * A bare number is refused rather than guessed: "10" is seconds to a Docker user and milliseconds to
 * others. "0" alone is a duration in any unit and is accepted.
 *
 * Returns 0, or -1 with ERROR_USAGE; *milliseconds is then untouched.
 */
int duration_parse(const char *text, int64_t *milliseconds, struct error *err);
