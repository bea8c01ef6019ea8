#include "command/status_cfg.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "command/status_report.h"
#include "run/cfg_copy.h"
#include "run/deliver_cfg.h"
#include "store/names.h"

/* Appends "WHAT NAMES", if there are names. */
static void append(char state[STATUS_CFG], const char *what, const char *names)
{
    size_t length = strlen(state);
    if (*names)
        snprintf(state + length, STATUS_CFG - length, "%s %s %s",
                 state[length - 1] == ':' ? "" : ", and", what, names);
}

/* Whether Airflow gets the secret from a ..._cmd in the file, so that fernit does not write the option: the command gives
 * it, or reads fernit's store, or fails while the store has it. A value beside the command hides the command. */
static bool is_by_command(const struct item *item)
{
    const struct survey *survey = &item->survey;
    const struct source *winner = item->decision.winner;
    bool leads_to_store = false;
    for (size_t i = 0; item->secret->options[i].variable && survey->sources; i++)
        leads_to_store |=
            (survey->options[i].own_store ||
             (survey->options[i].command_failed && winner && winner->kind == SOURCE_STORE)) &&
            survey->sources[survey->options[i].source].finding == FOUND_ABSENT;
    return leads_to_store || (winner && winner->kind == SOURCE_CFG && winner->by_command &&
                              !source_is_shadowed(survey, winner));
}

/* Why a run writes nothing to the file. */
static const char *describe_unwritten(const struct context *context,
                                      const struct findings *findings)
{
    bool is_unknown = false;
    bool by_command = false;
    for (size_t i = 0; i < findings->count; i++) {
        is_unknown |= findings->items[i].decision.action == ACTION_UNKNOWN;
        by_command |= is_by_command(&findings->items[i]);
    }
    if (is_unknown)
        return "depends on the command";
    if (!context->settings->deliver_cfg)
        return "not written: --deliver env";
    return by_command ? "left to its command, nothing to write" : "right, nothing to write";
}

void status_describe_cfg(const struct context *context, const struct findings *findings,
                         const struct delivered *done, struct status_report *report)
{
    char *state = report->cfg;
    const char *text = describe_unwritten(context, findings);
    bool is_written = *done->set || *done->cleared || *done->hidden;
    if (done->is_left)
        text = done->is_made ? "missing, cannot be created"
                             : "cannot be written, would be left as it is";
    else if (done->is_made)
        text = "missing, would be created";
    else if (is_written)
        text = done->in_place ? "would be written in place:" : "would be changed:";
    else if (done->is_broken)
        text = "cannot be used as it is";
    snprintf(state, STATUS_CFG, "%s", text);
    if (!is_written || done->is_left || done->is_made)
        return;
    append(state, "sets", done->set);
    append(state, "comments out the empty", done->cleared);
    append(state, "comments out what this Airflow would show:", done->hidden);
}

struct copies {
    const char *store;
    const char *own; /* the name of the copy of the airflow.cfg in use */
    struct status_report *report;
};

static void add_copy(const char *name, void *context)
{
    enum { WHOLE = sizeof STORE_COPY_PREFIX - 1 + 16 };
    const struct copies *copies = context;
    char whole[WHOLE + 1];
    char text[PATH_MAX + 128];
    snprintf(whole, sizeof whole, "%s", name);
    bool is_copy = file_is_temporary(whole, STORE_COPY_PREFIX) &&
                   (strlen(name) == WHOLE || strcmp(name + WHOLE, ".new") == 0);
    if (!is_copy || strcmp(whole, copies->own) == 0)
        return;
    snprintf(text, sizeof text, "%s/%s: the interrupted write of another airflow.cfg has left it",
             copies->store, name);
    status_add(
        copies->report, false, NULL, text,
        "nothing to do: the next start in the container of that airflow.cfg removes it\n"
        "if there is no such container, save the keys in it that are still needed, and remove it");
}

/* Names the copies in the store. A run finishes the write of the airflow.cfg in use; each other copy is another container's. */
static int check_copies(const struct context *context, const struct findings *findings,
                        struct status_report *report, struct error *err)
{
    struct error stuck = {0};
    struct error ignored;
    char own[FILE_TEMPORARY_NAME] = "";
    struct context pretending = *context;
    const char *path = findings->cfg_path.bytes;
    pretending.pretends = true;
    int recovered = cfg_copy_recover(&pretending, findings, &stuck);
    if (recovered > 0) {
        char text[PATH_MAX + 128];
        snprintf(text, sizeof text, "%s: its writing was interrupted", path);
        status_add(report, false, NULL, text, "nothing to do: the next start finishes it");
    }
    if (path)
        cfg_copy_name(path, own, &ignored);
    struct copies copies = {findings->store.path, own, report};
    file_list(findings->store.directory, add_copy, &copies, &ignored);
    if (recovered < 0)
        *err = stuck;
    return recovered < 0 ? -1 : 0;
}

int status_check_cfg(const struct context *context, const struct findings *findings,
                     struct status_report *report, struct error *err)
{
    struct error rest;
    _cleanup_cfg_ struct cfg whole = {0};
    const struct cfg *cfg = &findings->cfg.cfg;
    bool has_copies = false;
    if (cfg->exists && !cfg->is_whole && cfg_read(report->cfg_path, &whole, &rest) < 0)
        status_add(report, true, error_shown_id(&rest), rest.message, error_hints(&rest));
    for (size_t i = 0; i < findings->count; i++)
        has_copies |= findings->items[i].survey.store_scan.copies;
    return has_copies ? check_copies(context, findings, report, err) : 0;
}
