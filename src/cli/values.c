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
#include "base/reference.h"
#include "base/shown.h"
#include "base/signal_name.h"

enum { WORD_MOST = 31 };

void *value_field(struct settings *settings, size_t id)
{
    return (char *)settings + options[id].field;
}

static int read_flag(const char *text, bool *value, struct error *err)
{
    static const char *const words[][2] = {
        {"0", "1"}, {"false", "true"}, {"no", "yes"}, {"off", "on"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (int b = 0; b < 2; b++)
            if (strcasecmp(text, words[i][b]) == 0) {
                *value = b;
                return 0;
            }
    return error_usage(err, "\"%s\" is not yes or no", shown_value(text));
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

static int not_a_word(const struct option *option, const char *text, struct error *err)
{
    return error_usage(err, "\"%s\" is not one of %s", shown_choice(text, option->words),
                       option->words);
}

static int read_word(const struct option *option, const char *text, unsigned *value,
                     struct error *err)
{
    int number = option_word(option, text, strlen(text));
    if (number < 0)
        return not_a_word(option, text, err);
    *value = (unsigned)number;
    return 0;
}

/* 0600, or 600. */
static int read_mode(const struct option *option, const char *text, mode_t *mode, struct error *err)
{
    char octal[8];
    int length = snprintf(octal, sizeof octal, "0%s", text + strspn(text, "0"));
    if (option_word(option, octal, (size_t)length) < 0)
        return not_a_word(option, text, err);
    *mode = (mode_t)strtoul(octal, NULL, 8);
    return 0;
}

static int read_set(const struct option *option, const char *text, unsigned *set, struct error *err)
{
    *set = 0;
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, ",");
        struct span name = line_trim(at, at + length);
        int number = option_word(option, name.start, name.length);
        if (number < 0) {
            char cut[WORD_MOST + 1];
            span_name(name, cut, sizeof cut);
            return not_a_word(option, cut, err);
        }
        *set |= 1U << number;
        at += length;
        at += *at == ',';
    }
    return *set ? 0 : error_usage(err, "is empty");
}

static int read_version(const char *text, int *version, struct error *err)
{
    *version = airflow_version_parse(text);
    if (*version != AIRFLOW_UNKNOWN || strcmp(text, options[OPTION_AIRFLOW_VERSION].fallback) == 0)
        return 0;
    error_usage(err, "\"%s\" is not a version", shown_value(text));
    return error_hint(err, "write one such as 2.10.5, or found");
}

/* Says how to write the path as an absolute one. Of text that may be a secret only the folder is shown. */
static int hint_absolute(const char *text, bool is_shown, struct error *err)
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

/* A relative path would be another folder in another working directory, and only a shell replaces "~". */
static int read_folder(const char *text, const char **folder, struct error *err)
{
    *folder = text;
    if (*text == '/')
        return 0;
    if (is_reference(text, strlen(text)))
        return error_usage(err, "names a remote secret, and must be a folder");
    const char *visible = shown(text, NULL, shown_value(text));
    error_usage(err, "\"%.200s\" is not an absolute path", visible);
    return hint_absolute(text, visible == text, err);
}

static int read_signal(const char *text, int *number, struct error *err)
{
    static const char *const none[] = {"none", "off", "no"};
    *number = signal_number(text);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (strcmp(text, none[i]) == 0)
            *number = 0;
    if (*number >= 0)
        return 0;
    error_usage(err, "\"%s\" is not a signal", shown_value(text));
    return error_hint(err, "write a name or a number, such as TERM, 15 or RTMIN+1, or none");
}

int value_read(struct settings *settings, size_t id, const char *text, struct error *err)
{
    const struct option *option = &options[id];
    void *field = value_field(settings, id);
    if (!text)
        return option->kind == KIND_SET ? read_set(option, option->words, field, err) : 0;
    if (!*text)
        return error_usage(err, "is empty");
    switch (option->kind) {
    case KIND_FLAG:
        return read_flag(text, field, err);
    case KIND_FOLDER:
        return read_folder(text, field, err);
    case KIND_FILE:
        *(const char **)field = text;
        return 0;
    case KIND_USER:
        *(const char **)field = strcmp(text, option->fallback) == 0 ? NULL : text;
        return 0;
    case KIND_DURATION:
        return duration_parse(text, field, err);
    case KIND_MODE:
        return read_mode(option, text, field, err);
    case KIND_WORD:
        return read_word(option, text, field, err);
    case KIND_SET:
        return read_set(option, text, field, err);
    case KIND_SIGNAL:
        return read_signal(text, field, err);
    default: /* KIND_VERSION */
        return read_version(text, field, err);
    }
}

static int add_path(struct paths *paths, const char *path, struct error *err)
{
    const char **list =
        reallocarray(paths->count > 0 ? paths->list : NULL, paths->count + 2, sizeof *paths->list);
    if (!list)
        return error_sys(err, "cannot hold the settings");
    paths->list = list;
    list[paths->count++] = path;
    list[paths->count] = NULL;
    return 0;
}

static int add_status(const char *text, uint64_t statuses[4], struct error *err)
{
    char *end;
    unsigned long status = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0' || status > 255) {
        error_usage(err, "\"%s\" is not an exit status", shown_value(text));
        return error_hint(err, "write a number from 0 to 255, and the option again for another");
    }
    statuses[status / 64] |= UINT64_C(1) << (status % 64);
    return 0;
}

int value_add(struct settings *settings, size_t id, struct span value, struct error *err)
{
    void *field = value_field(settings, id);
    char text[WORD_MOST + 1];
    span_name(value, text, sizeof text);
    if (options[id].kind == KIND_FILES)
        return add_path(field, value.start, err);
    if (span_is(value, "none"))
        return 0;
    switch (options[id].kind) {
    case KIND_WAITS:
        return wait_target_add(field, value, err);
    case KIND_REWRITES:
        return signal_rewrite_parse(text, field, err);
    default: /* KIND_STATUSES */
        return add_status(text, field, err);
    }
}

int value_add_all(struct settings *settings, size_t id, const char *list, struct error *err)
{
    bool are_paths = options[id].kind == KIND_FILES;
    struct secret *copies = are_paths ? &((struct paths *)value_field(settings, id))->copies : NULL;
    /* All at once: the list points to the copies, which therefore must not move. */
    if (are_paths && secret_reserve(copies, strlen(list) + 1, err) < 0)
        return -1;
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ",\n");
        struct span value = line_trim(at, at + length);
        at += length + (at[length] != '\0');
        if (value.length == 0)
            continue;
        if (are_paths) {
            const char *start = copies->bytes + copies->length;
            if (secret_append(copies, value.start, value.length, err) < 0 ||
                secret_append(copies, "", 1, err) < 0)
                return -1;
            value.start = start;
        }
        if (value_add(settings, id, value, err) < 0)
            return -1;
    }
    return 0;
}
