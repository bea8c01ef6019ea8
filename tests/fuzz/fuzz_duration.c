/* Durations: what is taken is at most a day, and reads back from milliseconds as the same. */
#include "base/duration.h"

#include <inttypes.h>
#include <stdio.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    _cleanup_free_ char *text = text_of(data, size);
    int64_t got = -1;
    if (duration_parse(text, &got, &err) < 0) {
        hold(err.kind == ERROR_USAGE && got == -1, "a refused text is a wrong word");
        return 0;
    }
    char written[32];
    int64_t again = -1;
    hold(got >= 0 && got <= INT64_C(24) * 60 * 60 * 1000, "a duration is at most a day");
    snprintf(written, sizeof written, "%" PRId64 "ms", got);
    hold(duration_parse(written, &again, &err) == 0 && again == got, "milliseconds read back");
    return 0;
}
