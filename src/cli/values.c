#include "cli/values.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "airflow/version.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/lines.h"
#include "base/reference.h"
#include "base/shown.h"
#include "process/signal_name.h"

int value_flag(const char *text, bool *value)
{
    static const char *const words[][2] = {
        {"0", "1"}, {"false", "true"}, {"no", "yes"}, {"off", "on"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (int b = 0; b < 2; b++)
            if (strcasecmp(text, words[i][b]) == 0) {
                *value = b;
                return 0;
            }
    return -1;
}

static bool is_none(const char *text)
{
    return strcmp(text, "none") == 0 || strcmp(text, "off") == 0 || strcmp(text, "no") == 0;
}

/* `text`, if it may be shown as any value, or is near one of the words. */
static const char *shown_choice(const char *text, const char *words)
{
    const char *result = shown_value(text);
    for (const char *at = words; *at && result != text; at += strspn(at, ", ")) {
        char known[32];
        size_t length = strcspn(at, ",");
        span_name((struct span){at, length}, known, sizeof known);
        result = shown(text, known, result);
        at += length;
    }
    return result;
}

static int no_word(enum option_kind kind, const char *text, struct error *err)
{
    const char *words = option_words(kind);
    const char *last = strrchr(words, ' ');
    bool pair = strchr(words, ' ') == last;
    return error_usage(err, "\"%s\" is %s %.*s %s%s", shown_choice(text, words),
                       pair ? "neither" : "none of", (int)(last - 1 - words), words,
                       pair ? "nor" : "and", last);
}

int value_word(enum option_kind kind, const char *text, struct error *err)
{
    int place = option_word(kind, text, strlen(text));
    return place < 0 ? no_word(kind, text, err) : place;
}

int value_mode(const char *text, mode_t *mode, struct error *err)
{
    char octal[8];
    int length = snprintf(octal, sizeof octal, "0%s", text + strspn(text, "0"));
    if (option_word(KIND_MODE, octal, (size_t)length) < 0)
        return no_word(KIND_MODE, text, err);
    *mode = (mode_t)strtoul(octal, NULL, 8);
    return 0;
}

int value_deliver(const char *text, bool *environment, bool *cfg, struct error *err)
{
    int place = value_word(KIND_DELIVER, strcmp(text, "cfg,env") == 0 ? "env,cfg" : text, err);
    *environment = place != 1;
    *cfg = place != 0;
    return place < 0 ? -1 : 0;
}

int value_manage(const char *text, unsigned *secrets, struct error *err)
{
    *secrets = 0;
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, ",");
        struct span name = line_trim(at, at + length);
        int place = option_word(KIND_MANAGE, name.start, name.length);
        char cut[32];
        span_name(name, cut, sizeof cut);
        if (place < 0)
            return no_word(KIND_MANAGE, cut, err);
        *secrets |= 1U << place;
        at += length;
        at += *at == ',';
    }
    return *secrets ? 0 : error_usage(err, "is empty; name at least one secret");
}

int value_version(const char *text, int *version, struct error *err)
{
    *version = airflow_version_parse(text);
    return *version != AIRFLOW_UNKNOWN || strcmp(text, "found") == 0
               ? 0
               : error_usage(err, "\"%s\" is no version; write one such as 2.10.5, or found",
                             shown_value(text));
}

/* What the word would be as an absolute path. Of one that may be a secret only the folder is shown. */
static int resolve_relative(const char *text, bool is_shown, struct error *err)
{
    char folder[PATH_MAX];
    bool is_home = text[0] == '~' && (text[1] == '/' || text[1] == '\0');
    const char *above = is_home ? getenv("HOME") : getcwd(folder, sizeof folder);
    const char *below = is_home ? text + 1 + (text[1] == '/') : text;
    if (text_begins(text, "file:///"))
        return error_hint(err, "write %s", text + strlen("file://"));
    if ((*text == '~' && !is_home) || *text == '$')
        return error_hint(err, "only a shell replaces that: write the whole path");
    while (text_begins(below, "./"))
        below += 2;
    if (!above || *above != '/')
        return -1;
    return error_hint(err, "write %s%s%s", above, *below && above[1] ? "/" : "",
                      is_shown ? below : "...");
}

/* A relative one would be another store in another working directory; nobody but a shell replaces "~". */
static int refuse_relative(const char *text, struct error *err)
{
    const char *visible = shown(text, NULL, shown_value(text));
    error_usage(err, "\"%.200s\" is not an absolute path", visible);
    return resolve_relative(text, visible == text, err);
}

int value_store(const char *text, struct error *err)
{
    if (is_reference(text, strlen(text)))
        return error_usage(err, "this version of fernit has no remote stores; give a folder");
    return *text == '/' ? 0 : refuse_relative(text, err);
}

int value_signal(const char *text, int *number, struct error *err)
{
    int found = is_none(text) ? 0 : signal_number(text);
    if (found < 0)
        return error_usage(err, "\"%s\" is no signal; write TERM, 15 or RTMIN+1, or none",
                           shown_value(text));
    *number = found;
    return 0;
}

int value_status(const char *text, uint64_t statuses[4], struct error *err)
{
    char *end;
    unsigned long status = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0' || status > 255)
        return error_usage(err,
                           "\"%s\" is no exit status; write a number from 0 to 255, and the "
                           "option again for another one",
                           shown_value(text));
    statuses[status / 64] |= UINT64_C(1) << (status % 64);
    return 0;
}

int value_later(const char *text, const char *fallback, struct error *err)
{
    bool flag = true;
    int64_t given = -1;
    int64_t usual = -2;
    struct error ignored;
    if (strcmp(text, fallback) == 0 || (value_flag(text, &flag) == 0 && !flag))
        return 0;
    duration_parse(text, &given, &ignored);
    duration_parse(fallback, &usual, &ignored);
    return given == usual ? 0
                          : error_usage(err, "this version of fernit has not got that part; "
                                             "leave it out");
}
