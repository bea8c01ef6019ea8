#include "command/status_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

bool status_next_hint(const char **hint, char line[STATUS_HINT])
{
    size_t length = strcspn(*hint, "\n");
    snprintf(line, STATUS_HINT, "%.*s", (int)length, *hint);
    *hint += length + ((*hint)[length] == '\n');
    return *line != '\0';
}

const char *status_option_file(const struct option_file *file)
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

void status_report_free(struct status_report *report)
{
    for (size_t i = 0; i < report->secret_count; i++) {
        free(report->secrets[i].sources);
        retired_free(&report->secrets[i].retired);
    }
    free(report->notes);
}
