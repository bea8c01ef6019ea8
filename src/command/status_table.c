#include "command/status_table.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "resolve/sources.h"

#define BOLD "\033[1m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define PLAIN "\033[m"

static void print_clean(const char *given)
{
    char text[STATUS_TEXT];
    snprintf(text, sizeof text, "%s", given);
    log_mask(text);
    for (const char *p = text; *p; p++)
        putchar((unsigned char)*p < ' ' || *p == 0x7f ? '?' : *p);
}

static const char *color(const struct status_style *style, const char *code)
{
    return style->has_colors ? code : "";
}

static void print_row(const struct status_source *source, size_t width, int kind,
                      const struct status_style *style)
{
    size_t length = strlen(source->name);
    char number[4] = " ";
    if (kind)
        snprintf(number, sizeof number, "%d", kind);
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
    return !source->is_absent || style->shows_all || (is_first && source->kind == SOURCE_STORE);
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

static void print_verdict(const struct status_report *report, const struct status_secret *secret)
{
    printf("verdict      ");
    print_clean(secret->text);
    if (secret->is_kept && !*secret->would_hold && !report->is_refused) {
        printf(" in ");
        print_place(report, secret);
    }
    putchar('\n');
}

/* A run that is refused may have written the store before it ends. */
static void print_keys(const struct status_report *report, const struct status_secret *secret)
{
    const char *older = strchr(secret->ring, ' ');
    if (older)
        printf("reads also  %s\n", older);
    if (secret->is_kept && (*secret->would_hold || report->is_refused)) {
        printf("would store  %s, in ", *secret->would_hold ? secret->would_hold : "a new one");
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
    int kind = 0;
    bool is_first = secret == report->secrets;
    bool has_verdict = is_first || !report->is_refused;
    bool is_shown = has_verdict || secret->is_kept || *secret->staged || secret->retired.count > 0;
    for (size_t i = 0; i < secret->source_count; i++)
        is_shown |= is_row(report, secret, &secret->sources[i], style);
    if (!is_shown)
        return;
    printf("\n%s\n", secret->managed->name);
    for (size_t i = 0; i < secret->source_count; i++) {
        const struct status_source *source = &secret->sources[i];
        if (!is_row(report, secret, source, style))
            continue;
        print_row(source, width, source->kind != kind ? source->kind : 0, style);
        kind = source->kind;
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
    if (has_verdict)
        print_verdict(report, secret);
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
        for (const char *at = note->hint; status_next_hint(&at, line);) {
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
        printf("option       %s_FILE: %s\n", file->option.name, status_option_file(file));
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
