#include "entry/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "airflow/version.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "entry/catalogue.h"
#include "entry/child.h"
#include "entry/keep.h"
#include "entry/report.h"
#include "entry/status_cfg.h"
#include "entry/status_report.h"
#include "entry/wait.h"
#include "resolve/option_files.h"
#include "store/ground.h"

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

static int describe_sources(const struct part *part, struct status_secret *secret,
                            struct error *err)
{
    const struct survey *survey = &part->survey;
    secret->managed = part->secret;
    secret->sources = calloc(survey->count + 1, sizeof *secret->sources);
    if (!secret->sources)
        return error_sys(err, "cannot hold the sources");
    secret->source_count = survey->count;
    for (size_t i = 0; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        struct status_source *row = &secret->sources[i];
        row->way = (int)source->way;
        row->name = source->name;
        row->found = finding_text(source);
        row->is_absent = source->finding == FOUND_ABSENT;
        row->wins = source == part->decision.winner;
        ring_fingerprints(&source->ring, row->fingerprints);
    }
    return 0;
}

static void describe_store(const struct look *look, struct status_report *report)
{
    const struct store *store = &look->store;
    report->store_path = store->path;
    report->store_writable = store_is_writable(store->path);
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

static bool same_names(unsigned secrets, int one, int other)
{
    for (size_t i = 0; i < MANAGED_COUNT; i++) {
        const struct managed_place *place = managed_secrets[i].places;
        for (; (secrets & 1U << i) && place->variable; place++)
            if (managed_use(place, one) != managed_use(place, other))
                return false;
    }
    return true;
}

/* An image whose Airflow was upgraded by pip keeps the variable of the image below. A start believes it without looking. */
static void compare_version(const struct context *context, const struct look *look,
                            struct status_report *report)
{
    char version[AIRFLOW_TEXT];
    char text[256];
    int installed = airflow_version_installed(context->environment);
    if (strcmp(look->airflow_from, "AIRFLOW_VERSION") != 0 || installed == AIRFLOW_UNKNOWN ||
        same_names(context->settings->manage, installed, look->airflow))
        return;
    airflow_version_text(installed, version);
    snprintf(text, sizeof text,
             "AIRFLOW_VERSION says Airflow %s, but %s is installed: correct the variable, or set "
             "--airflow-version %s",
             report->airflow, version, version);
    status_add(report, false, text);
}

static void describe_airflow(const struct context *context, const struct look *look,
                             struct status_report *report)
{
    if (look->airflow != AIRFLOW_UNKNOWN)
        airflow_version_text(look->airflow, report->airflow);
    report->airflow_from = look->airflow_from;
    compare_version(context, look, report);
}

static void describe_ground(const struct context *context, struct status_report *report,
                            struct ground *ground)
{
    static const char *const words[] = {
        [GROUND_UNKNOWN] = "unknown", [GROUND_SURVIVES] = "yes", [GROUND_DIES] = "no"};
    ground_look(report->store_path, context->environment, ground);
    report->ground = ground->text;
    report->survives = words[ground->survival];
}

static const char *verdict_word(const struct decision *decision)
{
    bool adopts =
        decision->winner && decision->winner->way == WAY_CFG && !decision->winner->by_command;
    switch (decision->action) {
    case ACTION_USE:
        return adopts ? "adopt" : "use";
    case ACTION_GENERATE:
        return "generate";
    case ACTION_SECRET:
        return "secret";
    case ACTION_UNKNOWN:
        return "unknown";
    case ACTION_NONE:
        return "none";
    }
    return "";
}

static void describe_verdict(const struct context *context, const struct look *look,
                             const struct part *part, struct status_secret *secret)
{
    const struct decision *decision = &part->decision;
    const char *winner = decision->winner ? decision->winner->name : "";
    bool is_kept = keep_is_needed(context, look, part);
    bool is_read = managed_is_read(part->secret, look->airflow);
    char *text = secret->text;
    size_t size = sizeof secret->text;
    char stored[RING_SUMMARY];
    secret->verdict = verdict_word(decision);
    ring_fingerprints(&decision->ring, secret->ring);
    ring_summary(&decision->change.stored, stored);
    switch (decision->action) {
    case ACTION_USE:
        snprintf(text, size, "uses %s, from %s%s%s%s", secret->ring, winner,
                 is_kept ? "; the store would be written, and hold " : "", is_kept ? stored : "",
                 is_read ? "" : "; not delivered: this Airflow does not read it");
        break;
    case ACTION_GENERATE:
        snprintf(text, size, "no source holds one: would make one and %s%s%s%s",
                 is_kept ? "keep it in " : "use it in this container alone",
                 is_kept ? look->store.path : "", is_kept ? "/" : "",
                 is_kept ? part->secret->name : "");
        break;
    case ACTION_SECRET:
        snprintf(text, size, "leaves it to Airflow: %s", winner);
        break;
    case ACTION_UNKNOWN:
        snprintf(text, size, "the command in %s decides; see it with --run-commands", winner);
        break;
    case ACTION_NONE:
        snprintf(text, size, "no source holds one, and this Airflow does not read it");
        break;
    }
}

static void refuse(struct status_report *report, const char *reason)
{
    status_refuse(report);
    status_add(report, true, reason);
}

static void describe_remarks(const struct part *part, bool strict, struct status_report *report)
{
    for (size_t i = 0; i < part->decision.remark_count; i++) {
        const struct remark *remark = &part->decision.remarks[i];
        char text[STATUS_TEXT];
        char hint[REMARK_HINT];
        bool refused = strict && warning_is_security(remark_id(remark->kind));
        remark_text(remark, &part->survey, &part->decision, text, sizeof text);
        remark_hint(remark, &part->survey, hint);
        if (*hint)
            snprintf(text + strlen(text), sizeof text - strlen(text), "; %s", hint);
        if (refused)
            status_refuse(report);
        status_add(report, refused || remark->kind == REMARK_BROKEN, text);
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

/* What a run would find in its way once it has looked around. */
static void describe_keeping(const struct context *context, const struct look *look,
                             struct status_report *report)
{
    struct error err;
    if (keep_check_cfg(context, look, &err) < 0)
        refuse(report, err.message);
    for (size_t i = 0; i < look->count; i++) {
        const struct part *part = &look->parts[i];
        if (part->secret->replaceable || !keep_is_needed(context, look, part))
            continue;
        if (!report->store_writable)
            status_add(report, true,
                       "a key would have to be kept, and the store cannot be written: give a "
                       "writable volume, or the key in FERNET_KEY");
        if (part->decision.action == ACTION_GENERATE && keep_check_making(context, look, &err) < 0)
            refuse(report, err.message);
    }
}

/* What the store has beside its ring, for who wants to promote or unretire it. A run reads retired/ only where it
 * has to. */
static void describe_waiting(const struct look *look, const struct part *part,
                             struct status_secret *secret, struct status_report *report)
{
    struct error err;
    const struct managed *managed = part->secret;
    ring_fingerprints(&part->survey.staged, secret->staged);
    if (part->survey.store_scan.retired &&
        store_retired_list(&look->store, managed->name, managed->is_value, &secret->retired, &err) <
            0)
        status_add(report, true, err.message);
}

static int describe_secrets(const struct context *context, const struct look *look,
                            struct status_report *report, struct error *err)
{
    report->secret_count = look->count;
    for (size_t i = 0; i < look->count; i++) {
        const struct part *part = &look->parts[i];
        if (describe_sources(part, &report->secrets[i], err) < 0)
            return -1;
        describe_verdict(context, look, part, &report->secrets[i]);
        describe_waiting(look, part, &report->secrets[i], report);
        describe_remarks(part, context->settings->strict, report);
    }
    return 0;
}

/* The files' values go into the environment in which they are looked for. */
static int describe_waits(const struct context *context, const struct look *look,
                          struct option_files *files, struct status_report *report,
                          struct error *err)
{
    const struct wait_targets *targets = &context->settings->wait_targets;
    _cleanup_environment_ struct environment child = {0};
    if (targets->count == 0)
        return 0;
    if (child_environment(&child, context, look, err) < 0 ||
        option_files_deliver(files, &child, err) < 0)
        return -1;
    for (size_t i = 0, told = 0; i < targets->count; i++) {
        struct wait_place place = {.target = &targets->list[i]};
        bool runs = context->settings->run_commands;
        if (wait_find(context, files, child.list, runs, &place, err) == 0)
            wait_text(&place, report->waits[told++], STATUS_WAIT);
        else if (err->kind == ERROR_ENDING)
            return -1;
        else
            status_add(report, true, err->message);
    }
    return 0;
}

int status_command(const struct context *context)
{
    struct error err = {0};
    struct error memory = {0};
    struct error broken = {0};
    struct ground ground;
    _cleanup_option_files_ struct option_files files = {0};
    _cleanup_look_ struct look look = {.store = {.directory = -1}};
    _cleanup_(status_report_free) struct status_report report = {0};
    const struct settings *settings = context->settings;
    if (*settings->words) {
        error_usage(&err, "status takes no words");
        return report_failure(context->signals, &err, EXIT_USAGE);
    }
    enum run_commands commands = settings->run_commands ? RUN_COMMANDS_NEEDED : RUN_COMMANDS_NEVER;
    int looked = look_around(context, settings->manage, commands, &look, &err);
    if (looked < 0 && err.kind == ERROR_ENDING)
        return report_failure(context->signals, &err, failure_status(&err));

    describe_store(&look, &report);
    describe_airflow(context, &look, &report);
    describe_ground(context, &report, &ground);
    if (describe_secrets(context, &look, &report, &memory) < 0)
        return report_failure(context->signals, &memory, failure_status(&memory));
    status_describe_cfg(context, &look, &report);
    if (looked < 0)
        refuse(&report, err.message);
    else
        describe_keeping(context, &look, &report);
    if (option_files_read(context->environment, context->early, &files, &broken) < 0)
        status_refuse(&report);
    describe_option_files(&files, &report);
    if (describe_waits(context, &look, &files, &report, &err) < 0)
        return report_failure(context->signals, &err, failure_status(&err));
    if (settings->json)
        status_print_json(&report);
    else
        status_print(&report);
    return report.problem_count > 0 ? EXIT_PROBLEM : EXIT_GOOD;
}
