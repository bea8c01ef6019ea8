#include "command/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "airflow/version.h"
#include "base/cleanup.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/catalogue.h"
#include "cli/suggest.h"
#include "command/status_cfg.h"
#include "command/status_json.h"
#include "command/status_report.h"
#include "command/status_table.h"
#include "resolve/option_files.h"
#include "resolve/remark.h"
#include "run/child.h"
#include "run/deliver_cfg.h"
#include "run/report.h"
#include "run/run.h"
#include "run/start_check.h"
#include "run/wait.h"
#include "store/mount_verdict.h"

static const char *finding_text(const struct source *source)
{
    switch (source->finding) {
    case FOUND_ABSENT:
        return source->kind == SOURCE_STORE ? "no key" : "-";
    case FOUND_EMPTY:
        return "set to nothing";
    case FOUND_KEYS:
        return "";
    case FOUND_BROKEN:
        return "broken";
    case FOUND_SECRET:
        return "left to Airflow's secrets backend";
    case FOUND_OWN_STORE:
        return "reads fernit's own store: ignored";
    case FOUND_COMMAND:
        return source->is_second ? "a command, not run: the first is used"
                                 : "a command, not run (--run-commands runs it)";
    case FOUND_UNFINISHED:
        return "being created by another fernit";
    case FOUND_PLACEHOLDER:
        return "a variable that is not set: no key";
    }
    return "";
}

static int describe_sources(const struct item *item, struct status_secret *secret,
                            struct error *err)
{
    const struct survey *survey = &item->survey;
    secret->managed = item->secret;
    secret->sources = calloc(survey->count + 1, sizeof *secret->sources);
    if (!secret->sources)
        return error_sys(err, "cannot list the sources");
    secret->source_count = survey->count;
    for (size_t i = 0; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        struct status_source *row = &secret->sources[i];
        row->kind = (int)source->kind;
        row->name = source->name;
        row->found = source_is_never_run(survey, source) ? "a command that Airflow never runs"
                                                         : finding_text(source);
        row->is_absent = source->finding == FOUND_ABSENT;
        row->wins = source == item->decision.winner;
        ring_fingerprints(&source->ring, row->fingerprints);
    }
    return 0;
}

static void describe_store(const struct findings *findings, struct status_report *report)
{
    const struct store *store = &findings->store;
    report->store_path = store->path;
    report->store_writable = file_folder_is_writable(store->path);
    if (store->directory < 0 && access(store->path, F_OK) == 0)
        snprintf(report->store, sizeof report->store, "cannot be opened");
    else if (store->directory < 0)
        snprintf(report->store, sizeof report->store, "does not exist%s",
                 report->store_writable ? ", can be created" : ", cannot be created");
    else
        snprintf(report->store, sizeof report->store, "mode %04o, owner %ju:%ju, %s",
                 (unsigned)store->status.st_mode & 07777, (uintmax_t)store->status.st_uid,
                 (uintmax_t)store->status.st_gid,
                 report->store_writable ? "writable" : "not writable");
}

/* Whether both versions of Airflow read the same options for these secrets. */
static bool same_options(unsigned secrets, int one, int other)
{
    for (size_t i = 0; i < MANAGED_COUNT; i++) {
        const struct managed_option *option = managed_secrets[i].options;
        for (; (secrets & 1U << i) && option->variable; option++)
            if (managed_use(option, one) != managed_use(option, other))
                return false;
    }
    return true;
}

/* Where pip has upgraded Airflow, the image's AIRFLOW_VERSION is wrong. A start does not compare it with the installed
 * package, since that takes time. */
static void compare_version(const struct context *context, const struct findings *findings,
                            struct status_report *report)
{
    char version[AIRFLOW_TEXT];
    char text[128];
    char hint[128];
    int installed = airflow_version_installed(context->environment);
    if (strcmp(findings->airflow_from, "AIRFLOW_VERSION") != 0 || installed == AIRFLOW_UNKNOWN ||
        same_options(context->settings->manage, installed, findings->airflow))
        return;
    airflow_version_text(installed, version);
    snprintf(text, sizeof text, "AIRFLOW_VERSION says Airflow %s, but %s is installed",
             report->airflow, version);
    snprintf(hint, sizeof hint, "correct the variable, or set --airflow-version %s", version);
    status_add(report, false, NULL, text, hint);
}

static void describe_airflow(const struct context *context, const struct findings *findings,
                             struct status_report *report)
{
    if (findings->airflow != AIRFLOW_UNKNOWN)
        airflow_version_text(findings->airflow, report->airflow);
    report->airflow_from = findings->airflow_from;
    compare_version(context, findings, report);
}

static void describe_mount(const struct context *context, struct status_report *report)
{
    static const char *const words[] = {
        [MOUNT_UNKNOWN] = "unknown", [MOUNT_PERSISTENT] = "yes", [MOUNT_EPHEMERAL] = "no"};
    struct mount_verdict verdict;
    mount_verdict_find(report->store_path, context->environment, &verdict);
    snprintf(report->mount, sizeof report->mount, "%s", verdict.text);
    report->survives = words[verdict.survival];
}

static const char *const verdict_words[] = {
    [ACTION_USE] = "use",         [ACTION_GENERATE] = "generate", [ACTION_SECRET] = "secret",
    [ACTION_UNKNOWN] = "unknown", [ACTION_NONE] = "none",
};

static const char *verdict_word(const struct decision *decision)
{
    bool adopts =
        decision->winner && decision->winner->kind == SOURCE_CFG && !decision->winner->by_command;
    return decision->action == ACTION_USE && adopts ? "adopt" : verdict_words[decision->action];
}

/* Why: called before pretend(), which changes the decisions. */
static void describe_verdict(const struct findings *findings, const struct item *item,
                             struct status_secret *secret)
{
    const struct decision *decision = &item->decision;
    const char *winner = decision->winner ? decision->winner->name : "";
    char *text = secret->text;
    size_t size = sizeof secret->text;
    secret->verdict = verdict_word(decision);
    switch (decision->action) {
    case ACTION_USE: {
        if (ring_count(&decision->ring) == 0)
            break; /* the run is refused */
        const struct source *from = decision_source(&item->survey, decision, 0);
        char first[FINGERPRINT_TEXT + 1];
        bool is_staged =
            from->kind == SOURCE_STORE &&
            !ring_has(&from->ring, ring_key(&decision->ring, 0), ring_width(&decision->ring));
        ring_fingerprint(&decision->ring, 0, first);
        snprintf(text, size, "uses %s, from %s%s%s", first, from->name, is_staged ? ".staged" : "",
                 managed_is_read(item->secret, findings->airflow)
                     ? ""
                     : ", not delivered: this Airflow does not read it");
        break;
    }
    case ACTION_GENERATE:
        break; /* describe_outcome knows whether the store can keep it */
    case ACTION_SECRET:
        snprintf(text, size, "leaves it to Airflow: %s", winner);
        break;
    case ACTION_UNKNOWN:
        snprintf(text, size, "the command in %s decides (--run-commands runs it)", winner);
        break;
    case ACTION_NONE:
        snprintf(text, size, "no source has one, and this Airflow does not read it");
        break;
    }
}

/* What a run would do: called after pretend(). A new key has no fingerprint here, since each run creates another. */
static void describe_outcome(const struct item *item, struct status_secret *secret)
{
    secret->is_kept = item->is_kept;
    if (strcmp(secret->verdict, verdict_words[ACTION_GENERATE]) == 0) {
        snprintf(secret->text, sizeof secret->text, "no source has one: would create one%s",
                 item->is_kept ? "" : " for this container alone");
        return;
    }
    ring_fingerprints(&item->decision.ring, secret->ring);
    if (item->is_kept) {
        ring_fingerprints(&item->decision.change.stored, secret->would_hold);
        ring_fingerprints(&item->decision.change.staged, secret->would_stage);
    }
}

static void add_error(struct status_report *report, const struct error *err)
{
    status_add(report, true, error_shown_id(err), err->message, error_hints(err));
}

/* Adds each warning that a run would log to the report. */
struct listening {
    const struct settings *settings;
    struct status_report *report;
};

static void add_warning(void *context, const char *id, const char *text, const char *hints)
{
    const struct listening *listening = context;
    bool is_refused = listening->settings->strict && warning_is_security(id);
    bool is_broken = strcmp(id, remark_id(REMARK_BROKEN)) == 0;
    status_add(listening->report, is_refused || is_broken, id, text, hints);
}

/* Does what a run does after it has found the keys, and writes nothing.
 * Returns 0, or -1 with the reason why a run would be refused. */
static int pretend(const struct context *context, struct findings *findings,
                   struct delivered *delivered, struct error *err)
{
    struct context pretending = *context;
    _cleanup_environment_ struct environment child = {0};
    pretending.pretends = true;
    if (store_keys(&pretending, findings, true, err) < 0 ||
        child_environment(&child, &pretending, findings, err) < 0)
        return -1;
    return deliver_cfg(&pretending, findings, child.list, true, delivered, err) == 0 ? 0 : -1;
}

static void describe_option_files(const struct option_files *files, struct status_report *report)
{
    report->option_files = files;
    for (size_t i = 0; i < files->count; i++)
        if (files->list[i].error)
            add_error(report, files->list[i].error);
    report_option_files(files);
}

/* The staged and retired keys, which an operator can promote or unretire. A run reads retired/ only if it needs it. */
static void describe_staged_and_retired(const struct findings *findings, const struct item *item,
                                        struct status_secret *secret, struct status_report *report)
{
    struct error err;
    const struct managed *managed = item->secret;
    ring_fingerprints(&item->survey.staged, secret->staged);
    if (item->survey.store_scan.retired &&
        store_retired_list(&findings->store, managed->name, managed->is_value, &secret->retired,
                           &err) < 0)
        add_error(report, &err);
}

static int describe_secrets(const struct findings *findings, struct status_report *report,
                            struct error *err)
{
    report->secret_count = findings->count;
    for (size_t i = 0; i < findings->count; i++) {
        const struct item *item = &findings->items[i];
        if (describe_sources(item, &report->secrets[i], err) < 0)
            return -1;
        describe_verdict(findings, item, &report->secrets[i]);
        describe_staged_and_retired(findings, item, &report->secrets[i], report);
    }
    return 0;
}

/* The URLs of db and broker may come from option files, so these are delivered first. */
static int describe_waits(const struct context *context, const struct findings *findings,
                          struct option_files *files, struct status_report *report,
                          struct error *err)
{
    const struct wait_targets *targets = &context->settings->wait_targets;
    _cleanup_environment_ struct environment child = {0};
    if (targets->count == 0)
        return 0;
    if (child_environment(&child, context, findings, err) < 0 ||
        option_files_deliver(files, &child, err) < 0)
        return -1;
    for (size_t i = 0, found = 0; i < targets->count; i++) {
        struct wait_address address = {.target = &targets->list[i]};
        bool runs = context->settings->run_commands;
        if (wait_find(context, files, child.list, runs, &address, err) == 0)
            wait_text(&address, report->waits[found++], STATUS_WAIT);
        else if (err->kind == ERROR_ENDING)
            return -1;
        else
            add_error(report, err);
    }
    return 0;
}

/* Fills the report. `looked` is the error of findings_gather. Returns 0, or -1 with ERROR_ENDING or ERROR_SYSTEM (no
 * memory). */
static int describe(const struct context *context, struct findings *findings,
                    const struct error *looked, struct option_files *files,
                    struct status_report *report, struct error *err)
{
    struct error refused = *looked;
    struct delivered delivered = {0};
    describe_store(findings, report);
    describe_airflow(context, findings, report);
    describe_mount(context, report);
    report->cfg_path = findings->cfg_path.bytes ? findings->cfg_path.bytes : "";
    report->cfg_delivered = context->settings->deliver_cfg;
    if (describe_secrets(findings, report, err) < 0)
        return -1;
    bool cannot_recover = status_check_cfg(context, findings, report, &refused) < 0;

    bool has_bad_file = option_files_read(context->environment, context->early, files, err) < 0;
    describe_option_files(files, report);
    bool has_reason =
        check_not_nested(context, &refused) < 0 || cannot_recover || looked->kind != ERROR_NONE;
    if (!has_reason && !has_bad_file)
        has_reason = pretend(context, findings, &delivered, &refused) < 0;
    report_findings(context, findings);
    for (size_t i = 0; i < findings->count; i++)
        describe_outcome(&findings->items[i], &report->secrets[i]);
    status_describe_cfg(context, findings, &delivered, report);
    if (has_bad_file || has_reason)
        status_refuse(report);
    if (has_reason)
        add_error(report, &refused);
    return describe_waits(context, findings, files, report, err);
}

/* Colors where a person sees them: see no-color.org. */
static bool wants_colors(char *const *environment)
{
    const char *terminal = environment_get(environment, "TERM");
    const char *refused = environment_get(environment, "NO_COLOR");
    bool can = !terminal || strcmp(terminal, "dumb") != 0;
    return can && (!refused || !*refused) && isatty(STDOUT_FILENO);
}

static void print_for_people(const struct context *context, const struct status_report *report)
{
    struct status_style style = {.shows_all = context->settings->verbose,
                                 .has_colors = wants_colors(context->environment)};
    status_print(report, &style);
}

int status_command(const struct context *context)
{
    struct error err = {0};
    struct error looked = {0};
    _cleanup_option_files_ struct option_files files = {0};
    _cleanup_findings_ struct findings findings = {.store = {.directory = -1}};
    _cleanup_(status_report_free) struct status_report report = {0};
    const struct settings *settings = context->settings;
    struct listening listening = {settings, &report};
    if (*settings->words) {
        suggest_no_words(settings, "status", &err);
        return report_failure(context->signals, &err, EXIT_USAGE);
    }
    enum run_commands commands = settings->run_commands ? RUN_COMMANDS_NEEDED : RUN_COMMANDS_NEVER;
    findings_gather(context, settings->manage, commands, &findings, &looked);
    if (looked.kind == ERROR_ENDING)
        return report_failure(context->signals, &looked, failure_status(&looked));
    log_divert(add_warning, &listening);
    report_variables(context);
    int described = describe(context, &findings, &looked, &files, &report, &err);
    log_divert(NULL, NULL);
    if (described < 0)
        return report_failure(context->signals, &err, failure_status(&err));
    if (settings->json)
        status_print_json(&report);
    else
        print_for_people(context, &report);
    return report.has_error ? EXIT_PROBLEM : EXIT_GOOD;
}
