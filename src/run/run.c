#include "run/run.h"

#include <limits.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "process/exec.h"
#include "process/setup.h"
#include "resolve/option_files.h"
#include "run/cfg_copy.h"
#include "run/change_rings.h"
#include "run/check_findings.h"
#include "run/child.h"
#include "run/create_keys.h"
#include "run/deliver_cfg.h"
#include "run/own_key.h"
#include "run/report.h"
#include "run/start_check.h"
#include "run/supervised.h"
#include "run/tidy.h"
#include "run/wait.h"

/* A start surveys again each time another fernit has written other keys into the same airflow.cfg meanwhile. */
enum { TRIES = 64 };

static int survey(const struct context *context, struct findings *findings, struct error *err)
{
    return findings_gather(context, context->settings->manage, RUN_COMMANDS_NEEDED, findings, err);
}

/* A torn airflow.cfg may seem to hold a key: finish an interrupted write first. */
static int survey_whole_cfg(const struct context *context, struct findings *findings,
                            struct error *err)
{
    int surveyed = survey(context, findings, err);
    bool has_copies = false;
    for (size_t i = 0; i < findings->count; i++)
        has_copies |= findings->items[i].survey.store_scan.copies;
    struct error recovering = {0};
    int recovered = has_copies ? cfg_copy_recover(context, findings, &recovering) : 0;
    if (recovered < 0)
        *err = recovering;
    if (recovered > 0) {
        findings_free(findings);
        surveyed = survey(context, findings, err);
    }
    return surveyed < 0 || recovered < 0 ? -1 : 0;
}

int store_keys(const struct context *context, struct findings *findings, bool has_command,
               struct error *err)
{
    struct creation creation = {.deadline =
                                    deadline_in(context->settings->lock_timeout, context->signals)};
    int created = 1;
    while (created > 0) {
        if (check_findings(context, findings, has_command, err) < 0)
            return -1;
        created = create_keys(context, findings, &creation, err);
        if (created > 0 && findings_reread_all(context, findings, creation.done, err) < 0)
            return -1;
    }
    return created < 0 ? -1 : change_rings(context, findings, &creation.deadline, err);
}

/* One attempt, from the survey to delivery. Returns as deliver_cfg. */
static int hand_out(const struct context *context, bool is_first, bool has_command,
                    struct option_files *files, struct environment *child, struct error *err)
{
    _cleanup_findings_ struct findings findings = {.store = {.directory = -1}};
    if (survey_whole_cfg(context, &findings, err) < 0 ||
        store_keys(context, &findings, has_command, err) < 0)
        return -1;
    if (is_first)
        report_findings(context, &findings);
    tidy_store(context, &findings);
    if (signals_pending(context->signals))
        return error_ending(err);
    if (child_environment(child, context, &findings, err) < 0)
        return -1;
    struct delivered ignored;
    int delivered = deliver_cfg(context, &findings, child->list, has_command, &ignored, err);
    return delivered == 0 ? option_files_deliver(files, child, err) : delivered;
}

/* All that comes before the command: run and init. */
static int prepare(const struct context *context, bool has_command, struct environment *child,
                   struct error *err)
{
    _cleanup_option_files_ struct option_files files = {0};
    if (check_start(context, has_command, &files, err) < 0)
        return -1;
    int delivered = DELIVER_FOREIGN;
    for (int i = 0; i < TRIES && delivered == DELIVER_FOREIGN; i++) {
        environment_free(child);
        delivered = hand_out(context, i == 0, has_command, &files, child, err);
    }
    if (context->early)
        early_free(context->early);
    return delivered == 0 ? wait_for_targets(context, &files, child->list, err) : -1;
}

static int failed(const struct context *context, const struct error *err)
{
    return report_failure(context->signals, err, EXIT_OWN_FAILURE);
}

int run_init(const struct context *context)
{
    struct error err = {0};
    _cleanup_environment_ struct environment child = {0};
    if (*context->settings->words) {
        error_usage(&err, "init takes no command");
        error_hint(&err, "to start one: fernit run -- COMMAND");
        return failed(context, &err);
    }
    if (prepare(context, false, &child, &err) < 0)
        return failed(context, &err);
    return 0;
}

/* Without --init: replaces this process by the command. Returns only if that failed. */
static int become_command(const struct context *context, char *const *environment)
{
    struct error err = {0};
    char *const *command = context->settings->words;
    if (context->settings->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        error_sys(&err, "--no-new-privs");
        return failed(context, &err);
    }
    if (getpid() == 1 && !exec_is_known_init(*command)) {
        char hint[PATH_MAX + 64];
        snprintf(hint, sizeof hint, "let fernit be process 1: fernit run --init -- %s",
                 exec_shown(*command));
        log_notice(hint,
                   "%s becomes process 1, which must reap, and gets only signals that it handles",
                   exec_shown(*command));
    }
    int status = exec_command(command, environment, context->signals, &err);
    return report_unstarted(&err, status);
}

int run_command(const struct context *context)
{
    struct error err = {0};
    const struct settings *settings = context->settings;
    _cleanup_environment_ struct environment child = {0};
    if (!*settings->words) {
        error_usage(&err, "run needs a command");
        error_hint(&err, "fernit run -- COMMAND [ARG...]");
        error_hint(&err, "without one: fernit init");
        return failed(context, &err);
    }
    if (settings->init && settings->parent_death_signal > 0 &&
        process_follow_parent(settings->parent_death_signal, context->parent, &err) < 0)
        return failed(context, &err);
    if (own_key_check(context, &err) < 0 || prepare(context, true, &child, &err) < 0)
        return failed(context, &err);
    if (settings->init)
        return command_supervised(context, &child);
    return become_command(context, child.list);
}
