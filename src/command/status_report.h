/* What `fernit status` found: printed by command/status_table.h for people, and by command/status_json.h for programs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "airflow/managed.h"
#include "cli/wait_targets.h"
#include "fernet/ring.h"
#include "resolve/option_files.h"
#include "store/mount_verdict.h"
#include "store/retired.h"

enum { STATUS_TEXT = 3584, STATUS_HINT = 3072, STATUS_WAIT = 400, STATUS_CFG = 1024 };

struct status_source {
    int kind; /* enum source_kind: the number that the table shows */
    const char *name;
    const char *found; /* in words; "" if it has keys, which the fingerprints show */
    bool wins;
    bool is_absent;
    char fingerprints[RING_FINGERPRINTS];
};

struct status_secret {
    const struct managed *managed;
    struct status_source *sources;
    size_t source_count;
    const char *verdict; /* one word */
    char text[STATUS_TEXT];
    char ring[RING_FINGERPRINTS];       /* what Airflow would get; "": a new one, or nothing */
    char staged[RING_FINGERPRINTS];     /* staged keys in the store */
    bool is_kept;                       /* a run would write the store */
    char would_hold[RING_FINGERPRINTS]; /* the ring that it would write; "": a new key */
    char would_stage[RING_FINGERPRINTS];
    struct retired retired;
};

struct status_note {
    bool is_error;  /* else a warning */
    const char *id; /* of cli/catalogue.h; NULL: none */
    char text[STATUS_TEXT];
    char hint[STATUS_HINT]; /* what to do about it, in lines; "" for none */
};

struct status_report {
    struct status_secret secrets[MANAGED_COUNT]; /* the most important first */
    size_t secret_count;
    const char *store_path;
    bool store_writable;
    char store[128];
    char mount[MOUNT_TEXT]; /* the mount that the store is on, in words */
    const char *survives;   /* whether it outlives the container: "yes", "no" or "unknown" */
    char airflow[16];       /* its version; "": not known */
    const char *airflow_from;
    const char *cfg_path;
    char cfg[STATUS_CFG]; /* what a run would do to it */
    bool cfg_delivered;   /* --deliver has cfg */
    const struct option_files *option_files;
    char waits[WAIT_TARGETS_MOST]
              [STATUS_WAIT]; /* "the database at postgres:5432"; "" after the last */
    struct status_note *notes;
    size_t note_count;
    bool has_error;
    bool is_refused; /* a run would end with 125 */
};

/* Adds an error or a warning and its hints, lines with "\n" between them. The same text again replaces the first one: a
 * refusal repeats the warning that led to it, and has the better hints. A note is lost if there is no memory for it;
 * has_error is set all the same. */
void status_add(struct status_report *report, bool is_error, const char *id, const char *text,
                const char *hints);

/* Says that a run would be refused: no secret is delivered. Add the reason with status_add. Call it when all verdicts are
 * there. */
void status_refuse(struct status_report *report);

/* Copies the next line of the hints to `line` and moves *hints behind it. Returns false after the last line. */
bool status_next_hint(const char **hints, char line[STATUS_HINT]);

/* What was found at the file of an option, in words. */
const char *status_option_file(const struct option_file *file);

void status_report_free(struct status_report *report);
