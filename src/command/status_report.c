#include "command/status_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "resolve/sources.h"

#define BOLD "\033[1m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define PLAIN "\033[m"

/* Under --strict the refusal is the warning's text, and why it is an error. */
static bool is_same(const struct status_note *note, const char *text)
{
    size_t length = strlen(note->text);
    return strncmp(text, note->text, length) == 0 &&
           (text[length] == '\0' || strcmp(text + length, " (refused: --strict)") == 0);
}

/* The note with this text, or a new one; NULL: no memory. */
static struct status_note *note_for(struct status_report *report, const char *text)
{
    for (size_t i = 0; i < report->note_count; i++)
        if (is_same(&report->notes[i], text))
            return &report->notes[i];
    struct status_note *notes = reallocarray(report->notes, report->note_count + 1, sizeof *notes);
    if (!notes)
        return NULL;
    report->notes = notes;
    struct status_note *note = &notes[report->note_count++];
    *note = (struct status_note){0};
    return note;
}

void status_add(struct status_report *report, bool is_error, const char *id, const char *text,
                const char *hints)
{
    report->has_error |= is_error;
    struct status_note *note = note_for(report, text);
    if (!note)
        return;
    note->is_error |= is_error;
    note->id = id ? id : note->id;
    snprintf(note->text, sizeof note->text, "%s", text);
    snprintf(note->hint, sizeof note->hint, "%s", hints);
}

void status_refuse(struct status_report *report)
{
    report->is_refused = true;
    for (size_t i = 0; i < report->secret_count; i++) {
        struct status_secret *secret = &report->secrets[i];
        secret->verdict = "refuse";
        *secret->ring = '\0';
        snprintf(secret->text, sizeof secret->text, "a run would be refused");
    }
    snprintf(report->cfg, sizeof report->cfg, "would not be touched");
}

static void print_clean(const char *given)
{
    char text[STATUS_TEXT];
    snprintf(text, sizeof text, "%s", given);
    log_mask(text);
    for (const char *p = text; *p; p++)
        putchar((unsigned char)*p < ' ' || *p == 0x7f ? '?' : *p);
}

/* The next line of a hint. */
static bool hint_next(const char **hint, char line[STATUS_HINT])
{
    size_t length = strcspn(*hint, "\n");
    snprintf(line, STATUS_HINT, "%.*s", (int)length, *hint);
    *hint += length + ((*hint)[length] == '\n');
    return *line != '\0';
}

static const char *describe_option_file(const struct option_file *file)
{
    switch (file->finding) {
    case OPTION_FILE_READ:
        return "read";
    case OPTION_FILE_EMPTY:
        return "set to nothing";
    case OPTION_FILE_PASSED:
        return "not used";
    case OPTION_FILE_BROKEN:
        return "broken";
    }
    return "";
}

static const char *color(const struct status_style *style, const char *code)
{
    return style->has_colors ? code : "";
}

static void print_row(const struct status_source *source, size_t width, int way,
                      const struct status_style *style)
{
    size_t length = strlen(source->name);
    char number[4] = " ";
    if (way)
        snprintf(number, sizeof number, "%d", way);
    printf("%s  %s  ", source->wins ? color(style, BOLD) : "", number);
    print_clean(source->name);
    printf("%*s  %s%s%s%s\n", (int)(length < width ? width - length : 0), "", source->found,
           source->fingerprints, source->wins ? "  <- used" : "",
           source->wins ? color(style, PLAIN) : "");
}

/* The first secret shows its place in the store even without a key: a new one goes there. */
static bool is_row(const struct status_report *report, const struct status_secret *secret,
                   const struct status_source *source, const struct status_style *style)
{
    bool is_first = secret == report->secrets;
    return !source->is_absent || style->shows_all || (is_first && source->way == WAY_STORE);
}

static size_t widest(const struct status_report *report, const struct status_style *style)
{
    size_t width = 0;
    for (size_t i = 0; i < report->secret_count; i++)
        for (size_t j = 0; j < report->secrets[i].source_count; j++) {
            const struct status_source *source = &report->secrets[i].sources[j];
            size_t length = strlen(source->name);
            if (is_row(report, &report->secrets[i], source, style) && length > width && length < 60)
                width = length;
        }
    return width;
}

/* The absent sources of the first secret in one line of 100 columns: as many names as fit. */
static void print_absent(const struct status_report *report, const struct status_style *style)
{
    enum { COLUMNS = 100, MORE = sizeof ", and 99 more (see --verbose)" - 1 };
    const struct status_secret *secret = report->secrets;
    const char *before = "not set      ";
    size_t column = 0;
    size_t left = 0;
    for (size_t i = 0; i < secret->source_count; i++)
        left += !is_row(report, secret, &secret->sources[i], style);
    if (left == 0)
        return;
    for (size_t i = 0; i < secret->source_count; i++) {
        const struct status_source *source = &secret->sources[i];
        if (is_row(report, secret, source, style))
            continue;
        column += strlen(before) + strlen(source->name);
        if (column + (left > 1 ? MORE : 0) > COLUMNS)
            break;
        printf("%s", before);
        print_clean(source->name);
        before = ", ";
        left--;
    }
    if (left > 0)
        printf("%sand %zu more (see --verbose)", before, left);
    putchar('\n');
}

/* Its file in the store. */
static void print_place(const struct status_report *report, const struct status_secret *secret)
{
    print_clean(report->store_path);
    printf("/%s", secret->managed->name);
}

static void print_keys(const struct status_report *report, const struct status_secret *secret)
{
    const char *older = strchr(secret->ring, ' ');
    if (older)
        printf("reads also  %s\n", older);
    if (*secret->would_hold) {
        printf("would store  %s, in ", secret->would_hold);
        print_place(report, secret);
        putchar('\n');
    }
    if (*secret->would_stage)
        printf("would stage  %s\n", secret->would_stage);
}

/* The first secret says that a run would be refused: the others need not. */
static void print_secret(const struct status_report *report, const struct status_secret *secret,
                         size_t width, const struct status_style *style)
{
    int way = 0;
    bool is_first = secret == report->secrets;
    bool has_verdict = is_first || !report->is_refused;
    bool is_shown = has_verdict || *secret->staged || secret->retired.count > 0;
    for (size_t i = 0; i < secret->source_count; i++)
        is_shown |= is_row(report, secret, &secret->sources[i], style);
    if (!is_shown)
        return;
    printf("\n%s\n", secret->managed->name);
    for (size_t i = 0; i < secret->source_count; i++) {
        const struct status_source *source = &secret->sources[i];
        if (!is_row(report, secret, source, style))
            continue;
        print_row(source, width, source->way != way ? source->way : 0, style);
        way = source->way;
    }
    if (is_first && style->shows_all)
        printf("  7  a new one, if none of these has one\n");
    if (is_first)
        print_absent(report, style);
    if (*secret->staged)
        printf("staged       %s\n", secret->staged);
    for (size_t i = 0; i < secret->retired.count; i++)
        printf("%s%s%s", i == 0 ? "retired      " : ", ", secret->retired.fingerprints[i],
               i + 1 == secret->retired.count ? "\n" : "");
    if (!has_verdict)
        return;
    printf("verdict      ");
    print_clean(secret->text);
    if (secret->is_kept && !*secret->would_hold) {
        printf(" in ");
        print_place(report, secret);
    }
    putchar('\n');
    print_keys(report, secret);
}

static void print_errors_or_warnings(const struct status_report *report, bool errors,
                                     const struct status_style *style)
{
    for (size_t i = 0; i < report->note_count; i++) {
        const struct status_note *note = &report->notes[i];
        char line[STATUS_HINT];
        if (note->is_error != errors)
            continue;
        printf("%s%s:%s %s%s", color(style, errors ? RED : YELLOW), errors ? "error" : "warning",
               color(style, PLAIN), note->id ? note->id : "", note->id ? ": " : "");
        print_clean(note->text);
        putchar('\n');
        for (const char *at = note->hint; hint_next(&at, line);) {
            printf("hint: ");
            print_clean(line);
            putchar('\n');
        }
    }
}

void status_print(const struct status_report *report, const struct status_style *style)
{
    size_t width = widest(report, style);
    printf("fernit %s: what a run would do here\n", FERNIT_VERSION);
    for (size_t i = 0; i < report->secret_count; i++)
        print_secret(report, &report->secrets[i], width, style);
    printf("\nAirflow      %s",
           *report->airflow ? report->airflow : "version not found (--airflow-version sets it)");
    if (*report->airflow) {
        printf(", from ");
        print_clean(report->airflow_from);
    }
    printf("\nstore        ");
    print_clean(report->store_path);
    printf(": %s\nmount        %s, outlives the container: %s\nairflow.cfg  ", report->store,
           report->mount, report->survives);
    print_clean(report->cfg_path);
    printf(": %s\n", report->cfg);
    for (size_t i = 0; i < report->option_files->count; i++) {
        const struct option_file *file = &report->option_files->list[i];
        printf("option       %s_FILE: %s\n", file->option.name, describe_option_file(file));
    }
    for (size_t i = 0; i < WAIT_TARGETS_MOST && *report->waits[i]; i++) {
        printf("waits for    ");
        print_clean(report->waits[i]);
        putchar('\n');
    }
    if (report->note_count > 0)
        putchar('\n');
    print_errors_or_warnings(report, false, style);
    print_errors_or_warnings(report, true, style);
}

static void print_string(const char *given)
{
    char masked[STATUS_TEXT];
    char text[JSON_STRING(STATUS_TEXT)];
    snprintf(masked, sizeof masked, "%s", given);
    log_mask(masked);
    json_string(masked, text, sizeof text);
    fputs(text, stdout);
}

static void print_member(const char *name, const char *text)
{
    printf(",\"%s\":", name);
    print_string(text);
}

/* "a, b" as ["a","b"]: fingerprints need no escaping. */
static void print_fingerprints(const char *name, const char *list)
{
    printf(",\"%s\":[", name);
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ", ");
        printf("%s\"%.*s\"", at > list ? "," : "", (int)length, at);
        at += length;
        at += strspn(at, ", ");
    }
    putchar(']');
}

static void print_notes(const struct status_report *report, const char *name, bool errors)
{
    bool first = true;
    printf(",\"%s\":[", name);
    for (size_t i = 0; i < report->note_count; i++) {
        if (report->notes[i].is_error != errors)
            continue;
        if (!first)
            putchar(',');
        print_string(report->notes[i].text);
        first = false;
    }
    putchar(']');
}

static void print_hints(const struct status_report *report)
{
    bool first = true;
    printf(",\"hints\":[");
    for (size_t i = 0; i < report->note_count; i++) {
        char line[STATUS_HINT];
        for (const char *at = report->notes[i].hint; hint_next(&at, line); first = false) {
            if (!first)
                putchar(',');
            print_string(line);
        }
    }
    putchar(']');
}

static void print_option_files(const struct option_files *files)
{
    printf(",\"option_files\":[");
    for (size_t i = 0; i < files->count; i++) {
        const struct option_file *file = &files->list[i];
        printf("%s{\"name\":\"%s_FILE\"", i > 0 ? "," : "", file->option.name);
        print_member("found", describe_option_file(file));
        putchar('}');
    }
    putchar(']');
}

static void print_secret_json(const struct status_secret *secret)
{
    printf("\"verdict\":\"%s\"", secret->verdict);
    print_fingerprints("fingerprints", secret->ring);
    printf(",\"sources\":[");
    for (size_t i = 0; i < secret->source_count; i++) {
        const struct status_source *source = &secret->sources[i];
        printf("%s{\"way\":%d", i > 0 ? "," : "", source->way);
        print_member("name", source->name);
        print_member("found", *source->found ? source->found : "keys");
        print_fingerprints("fingerprints", source->fingerprints);
        printf(",\"wins\":%s}", source->wins ? "true" : "false");
    }
    putchar(']');
    print_fingerprints("staged", secret->staged);
    printf(",\"is_kept\":%s", secret->is_kept ? "true" : "false");
    print_fingerprints("would_hold", secret->would_hold);
    print_fingerprints("would_stage", secret->would_stage);
    printf(",\"retired\":[");
    for (size_t i = 0; i < secret->retired.count; i++)
        printf("%s\"%s\"", i > 0 ? "," : "", secret->retired.fingerprints[i]);
    putchar(']');
}

void status_print_json(const struct status_report *report)
{
    printf("{\"version\":\"%s\",\"name\":\"%s\",", FERNIT_VERSION,
           report->secrets[0].managed->name);
    print_secret_json(&report->secrets[0]);
    printf(",\"secrets\":[");
    for (size_t i = 1; i < report->secret_count; i++) {
        printf("%s{\"name\":\"%s\",", i > 1 ? "," : "", report->secrets[i].managed->name);
        print_secret_json(&report->secrets[i]);
        putchar('}');
    }
    printf("],\"store\":{\"writable\":%s", report->store_writable ? "true" : "false");
    print_member("path", report->store_path);
    print_member("state", report->store);
    print_member("ground", report->mount);
    print_member("survives", report->survives);
    printf("},\"airflow\":{\"version\":");
    print_string(report->airflow);
    print_member("from", *report->airflow ? report->airflow_from : "");
    printf("},\"airflow_cfg\":{\"delivered\":%s", report->cfg_delivered ? "true" : "false");
    print_member("path", report->cfg_path);
    print_member("state", report->cfg);
    putchar('}');
    print_option_files(report->option_files);
    printf(",\"waits_for\":[");
    for (size_t i = 0; i < WAIT_TARGETS_MOST && *report->waits[i]; i++) {
        printf(i > 0 ? "," : "");
        print_string(report->waits[i]);
    }
    putchar(']');
    print_notes(report, "problems", true);
    print_notes(report, "warnings", false);
    print_hints(report);
    printf("}\n");
}

void status_report_free(struct status_report *report)
{
    for (size_t i = 0; i < report->secret_count; i++) {
        free(report->secrets[i].sources);
        retired_free(&report->secrets[i].retired);
    }
    free(report->notes);
}
