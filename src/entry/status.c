#include "entry/status.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "entry/child.h"
#include "entry/deliver.h"
#include "entry/report.h"
#include "entry/run.h"
#include "entry/status_report.h"
#include "resolve/option_files.h"

static const char *finding_text(const struct source *source)
{
    switch (source->finding) {
    case FOUND_ABSENT:
        return source->way == WAY_STORE ? "no key" : "-";
    case FOUND_EMPTY:
        return "set to nothing";
    case FOUND_KEYS:
        return "";
    case FOUND_BROKEN:
        return "broken";
    case FOUND_SECRET:
        return "left to Airflow's secrets backend";
    case FOUND_OWN_STORE:
        return "reads fernit's own store: passed over";
    case FOUND_COMMAND:
        return "a command, not run (--run-commands runs it)";
    case FOUND_UNFINISHED:
        return "being made by another fernit";
    case FOUND_PLACEHOLDER:
        return "a variable that is not set: no key";
    }
    return "";
}

static int describe_sources(const struct look *look, struct status_report *report,
                            struct error *err)
{
    const struct survey *survey = &look->survey;
    report->sources = calloc(survey->count + 1, sizeof *report->sources);
    if (!report->sources)
        return error_sys(err, "cannot hold the sources");
    report->source_count = survey->count;
    for (size_t i = 0; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        struct status_source *row = &report->sources[i];
        row->way = (int)source->way;
        row->name = source->name;
        row->found = finding_text(source);
        row->wins = source == look->decision.winner;
        ring_fingerprints(&source->ring, row->fingerprints);
    }
    return 0;
}

/* The directory itself, or what is nearest to it of what exists. */
static bool is_writable(const char *path)
{
    _cleanup_free_ char *part = strdup(path);
    for (char *at = part; at; at = dirname(at)) {
        if (access(at, W_OK | X_OK) == 0)
            return true;
        if (errno != ENOENT || strcmp(at, "/") == 0 || strcmp(at, ".") == 0)
            return false;
    }
    return false;
}

static void describe_store(const struct look *look, struct status_report *report)
{
    const struct store *store = &look->store;
    report->store_path = store->path;
    report->store_writable = is_writable(store->path);
    if (store->directory < 0 && access(store->path, F_OK) == 0)
        snprintf(report->store, sizeof report->store, "cannot be opened");
    else if (store->directory < 0)
        snprintf(report->store, sizeof report->store, "does not exist%s",
                 report->store_writable ? ", can be made" : ", cannot be made");
    else
        snprintf(report->store, sizeof report->store, "mode %04o, owner %ju:%ju, %s",
                 (unsigned)store->status.st_mode & 07777, (uintmax_t)store->status.st_uid,
                 (uintmax_t)store->status.st_gid,
                 report->store_writable ? "writable" : "not writable");
}

static const char *describe_need(enum cfg_need need, bool delivered)
{
    if (!delivered)
        return "not written: --deliver env";
    switch (need) {
    case CFG_RIGHT:
        return "right, nothing to write";
    case CFG_MAKE:
        return "missing, would be made";
    case CFG_SET:
        return "the key would be written into it";
    case CFG_CLEAR:
        return "its empty fernet_key would be commented out";
    case CFG_FOREIGN:
        return "holds another key";
    case CFG_BROKEN:
        return "cannot be used as it is";
    }
    return "";
}

/* What a run would do to the file; CFG_RIGHT where that is not known. */
static enum cfg_need find_need(const struct context *context, const struct look *look)
{
    struct error err = {0};
    _cleanup_environment_ struct environment child = {0};
    if (!look->survey.cfg_readable)
        return CFG_BROKEN;
    if (look->decision.action == ACTION_GENERATE && context->settings->deliver_cfg)
        return look->survey.cfg.exists ? CFG_SET : CFG_MAKE;
    if (look->decision.action == ACTION_GENERATE || look->decision.action == ACTION_UNKNOWN ||
        child_environment(&child, context, look, &err) < 0)
        return CFG_RIGHT;
    return deliver_need(context, look, &look->survey.cfg, child.list, &err);
}

static void describe_cfg(const struct context *context, const struct look *look,
                         struct status_report *report)
{
    bool by_environment = context->settings->deliver_environment;
    enum cfg_need need = find_need(context, look);
    report->cfg_path = look->cfg_path.bytes ? look->cfg_path.bytes : "";
    report->cfg_delivered = context->settings->deliver_cfg;
    report->cfg = look->decision.action == ACTION_UNKNOWN
                      ? "depends on the command"
                      : describe_need(need, context->settings->deliver_cfg);
    if (need != CFG_MAKE && need != CFG_SET && need != CFG_CLEAR)
        return;

    _cleanup_free_ char *path = strdup(report->cfg_path);
    bool in_place = look->store.directory >= 0 && access(report->cfg_path, W_OK) == 0;
    if (!path || is_writable(dirname(path)) || (!by_environment && in_place))
        return;
    status_add(report, !by_environment,
               by_environment
                   ? "the folder of airflow.cfg cannot be written: a run leaves the file "
                     "as it is, and only the command's environment has the key"
                   : "the folder of airflow.cfg cannot be written; make it writable, or "
                     "deliver by the environment");
}

static void describe_verdict(const struct look *look, struct status_report *report)
{
    static const char *const names[] = {"use", "adopt", "generate", "secret", "unknown"};
    const char *winner = look->decision.winner ? look->decision.winner->name : "";
    char *text = report->verdict_text;
    size_t size = sizeof report->verdict_text;
    report->verdict = names[look->decision.action];
    ring_fingerprints(&look->decision.ring, report->ring);
    switch (look->decision.action) {
    case ACTION_USE:
        snprintf(text, size, "uses %s, from %s", report->ring, winner);
        break;
    case ACTION_ADOPT:
        snprintf(text, size, "uses %s, from %s, and keeps it in the store if there is one",
                 report->ring, winner);
        break;
    case ACTION_GENERATE:
        snprintf(text, size, "no source holds a key: would make one and keep it in %s/fernet_key",
                 report->store_path);
        break;
    case ACTION_SECRET:
        snprintf(text, size, "leaves the key to Airflow: %s", winner);
        break;
    case ACTION_UNKNOWN:
        snprintf(text, size, "the command in %s decides; see it with --run-commands", winner);
        break;
    }
}

static void describe_remarks(const struct look *look, struct status_report *report)
{
    for (size_t i = 0; i < look->decision.remark_count; i++) {
        const struct remark *remark = &look->decision.remarks[i];
        char text[STATUS_TEXT];
        remark_text(remark, &look->decision, text, sizeof text);
        status_add(report, remark->kind == REMARK_BROKEN, text);
    }
}

static void describe_option_files(const struct option_files *files, struct status_report *report)
{
    report->option_files = files;
    for (size_t i = 0; i < files->count; i++) {
        char text[STATUS_TEXT];
        if (files->list[i].error)
            status_add(report, true, files->list[i].error->message);
        else if (option_file_remark(&files->list[i], text, sizeof text))
            status_add(report, false, text);
    }
}

static void describe_refusal(struct status_report *report)
{
    report->verdict = "refuse";
    snprintf(report->verdict_text, sizeof report->verdict_text, "a run would be refused");
    report->cfg = "would not be touched";
}

int status_command(const struct context *context)
{
    struct error err = {0};
    struct error memory = {0};
    struct error rest = {0};
    struct error broken = {0};
    _cleanup_option_files_ struct option_files files = {0};
    _cleanup_cfg_ struct cfg whole = {0};
    _cleanup_look_ struct look look = {.store = {.directory = -1}};
    _cleanup_(status_report_free) struct status_report report = {0};
    if (*context->settings->words) {
        error_usage(&err, "status takes no words (%s)", *context->settings->words);
        return report_failure(context->signals, &err, EXIT_USAGE);
    }
    int looked = look_around(
        context, context->settings->run_commands ? RUN_COMMANDS_NEEDED : RUN_COMMANDS_NEVER, &look,
        &err);
    if (looked < 0 && err.kind == ERROR_ENDING)
        return report_failure(context->signals, &err, EXIT_PROBLEM);

    if (describe_sources(&look, &report, &memory) < 0)
        return report_failure(context->signals, &memory, EXIT_PROBLEM);
    describe_store(&look, &report);
    describe_verdict(&look, &report);
    describe_cfg(context, &look, &report);
    describe_remarks(&look, &report);
    if (look.survey.store_scan.copies)
        status_add(&report, false,
                   "the store holds a copy of an airflow.cfg whose writing was "
                   "interrupted; the run that it belongs to will finish it");
    const struct cfg *cfg = &look.survey.cfg;
    if (cfg->exists && !cfg->is_whole && cfg_read(report.cfg_path, &whole, &rest) < 0)
        status_add(&report, true, rest.message);
    if (looked < 0) {
        describe_refusal(&report);
        status_add(&report, true, err.message);
    } else if (run_needs_store(context, &look) && !report.store_writable) {
        status_add(&report, true,
                   "a key would have to be kept, and the store cannot be written: give a writable "
                   "volume, or the key in FERNET_KEY");
    }
    if (option_files_read(context->environment, context->early, &files, &broken) < 0)
        describe_refusal(&report);
    describe_option_files(&files, &report);
    if (context->settings->json)
        status_print_json(&report);
    else
        status_print(&report);
    return report.problem_count > 0 ? EXIT_PROBLEM : EXIT_GOOD;
}
