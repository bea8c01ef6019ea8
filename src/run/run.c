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
#include "run/child.h"
#include "run/deliver.h"
#include "run/keep.h"
#include "run/own_key.h"
#include "run/record.h"
#include "run/report.h"
#include "run/supervised.h"
#include "run/wait.h"

/* Each time another fernit must have written other keys into the same airflow.cfg between our look and our lock. */
enum { HAND_OUT_TRIES = 64 };

/* One attempt: the secrets are kept, and delivered. Returns as deliver_cfg. */
static int hand_out(const struct context *context, bool first, bool has_command,
                    struct option_files *files, struct environment *child, struct error *err)
{
    _cleanup_look_ struct look look = {.store = {.directory = -1}};
    if (keep_secrets(context, &look, has_command, err) < 0)
        return -1;
    if (first)
        report_look(context, &look);
    record_tidy(context, &look);
    if (signals_pending(context->signals))
        return error_ending(err);
    if (child_environment(child, context, &look, err) < 0)
        return -1;
    struct delivered ignored;
    int delivered = deliver_cfg(context, &look, child->list, has_command, &ignored, err);
    return delivered == 0 ? option_files_deliver(files, child, err) : delivered;
}

/* Everything up to the exec. */
static int prepare(const struct context *context, bool has_command, struct environment *child,
                   struct error *err)
{
    if (keep_check_place(context, err) < 0)
        return -1;
    _cleanup_option_files_ struct option_files files = {0};
    bool reads = has_command || wait_needs_options(context->settings);
    /* Those that are broken are for init to see only where it needs them: wait_for_targets tells. */
    if (reads && option_files_read(context->environment, context->early, &files, err) < 0 &&
        has_command)
        return -1;
    if (has_command)
        report_option_files(&files);
    else
        report_option_files_left(context->environment);
    int handed = DELIVER_FOREIGN;
    for (int i = 0; i < HAND_OUT_TRIES && handed == DELIVER_FOREIGN; i++) {
        environment_free(child);
        handed = hand_out(context, i == 0, has_command, &files, child, err);
    }
    if (context->early)
        early_free(context->early);
    return handed == 0 ? wait_for_targets(context, &files, child->list, err) : -1;
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

/* Without --init. Returns only if it failed. */
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
