#include "command/status_json.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"

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

/* Each as an object of the log (doc/messages.md). */
static void print_messages(const struct status_report *report)
{
    printf(",\"messages\":[");
    for (size_t i = 0; i < report->note_count; i++) {
        const struct status_note *note = &report->notes[i];
        char line[STATUS_HINT];
        bool first = true;
        printf("%s{\"level\":\"%s\"", i > 0 ? "," : "", note->is_error ? "error" : "warning");
        if (note->id)
            print_member("id", note->id);
        print_member("message", note->text);
        for (const char *at = note->hint; status_next_hint(&at, line); first = false) {
            printf(first ? ",\"hint\":[" : ",");
            print_string(line);
        }
        printf(first ? "}" : "]}");
    }
    putchar(']');
}

static void print_option_files(const struct option_files *files)
{
    printf(",\"option_files\":[");
    for (size_t i = 0; i < files->count; i++) {
        const struct option_file *file = &files->list[i];
        printf("%s{\"name\":\"%s_FILE\"", i > 0 ? "," : "", file->option.name);
        print_member("found", status_option_file(file));
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
        printf("%s{\"way\":%d", i > 0 ? "," : "", source->kind);
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
    print_member("mount", report->mount);
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
    print_messages(report);
    printf("}\n");
}
