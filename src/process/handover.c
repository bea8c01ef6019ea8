#include "process/handover.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define MARK "supervise:"
static const char version[] = MARK FERNIT_VERSION;

/* The fields in a row, each ":NUMBER", then ":FROM:TO" for each rewritten signal. A field that may be -1 is written
 * one higher. */
void handover_write(const struct watch *watch, char word[HANDOVER_LENGTH])
{
    const struct supervision *settings = &watch->settings;
    const uint64_t fields[] = {
        (uint64_t)watch->child,
        (uint64_t)(watch->terminal + 1),
        (uint64_t)watch->loudness,
        watch->format,
        settings->scope,
        watch->has_foreground,
        (uint64_t)settings->grace,
        (uint64_t)settings->term_delay,
        settings->good_statuses[0],
        settings->good_statuses[1],
        settings->good_statuses[2],
        settings->good_statuses[3],
    };
    char *end = stpcpy(word, version);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        end += sprintf(end, ":%" PRIu64, fields[i]);
    for (unsigned i = 1; i < SIGNAL_COUNT; i++)
        if (settings->rewrite[i] != i)
            end += sprintf(end, ":%u:%u", i, settings->rewrite[i]);
}

bool handover_is(const char *word)
{
    return word && strncmp(word, MARK, sizeof MARK - 1) == 0;
}

/* The next field; or 0, and *at NULL, where there is none or it is more than `most`. */
static uint64_t take(const char **at, uint64_t most)
{
    const char *p = *at;
    uint64_t value = 0;
    bool good = p && *p == ':' && p[1] >= '0' && p[1] <= '9';
    if (good)
        p++;
    for (; good && *p >= '0' && *p <= '9'; p++)
        good = !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, (uint64_t)(*p - '0'), &value) && value <= most;
    *at = good ? p : NULL;
    return good ? value : 0;
}

int handover_read(const char *word, struct watch *watch, struct error *err)
{
    const char *at =
        strncmp(word, version, sizeof version - 1) == 0 ? word + sizeof version - 1 : NULL;
    struct supervision settings = {0};
    *watch = (struct watch){0};
    watch->child = (pid_t)take(&at, INT_MAX);
    watch->terminal = (int)take(&at, INT_MAX) - 1;
    watch->loudness = (int)take(&at, INT_MAX);
    watch->format = (enum log_format)take(&at, LOG_JSON);
    settings.scope = (enum scope)take(&at, SCOPE_GROUP);
    watch->has_foreground = take(&at, 1);
    settings.grace = (int64_t)take(&at, INT64_MAX);
    settings.term_delay = (int64_t)take(&at, INT64_MAX);
    for (size_t i = 0; i < 4; i++)
        settings.good_statuses[i] = take(&at, UINT64_MAX);
    for (unsigned i = 0; i < SIGNAL_COUNT; i++)
        settings.rewrite[i] = (uint8_t)i;
    while (at && *at) {
        uint64_t from = take(&at, SIGNAL_COUNT - 1);
        settings.rewrite[from] = (uint8_t)take(&at, SIGNAL_COUNT - 1);
    }
    watch->settings = settings;
    return at ? 0
              : error_usage(err, "%s... is for fernit's own use, and from another version", MARK);
}
