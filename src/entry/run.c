#include "entry/run.h"

#include <sys/prctl.h>
#include <unistd.h>

#include "airflow/version.h"
#include "base/error.h"
#include "base/log.h"
#include "entry/child.h"
#include "entry/deliver.h"
#include "entry/keep.h"
#include "entry/own_key.h"
#include "entry/record.h"
#include "entry/report.h"
#include "entry/supervised.h"
#include "entry/wait.h"
#include "process/exec.h"
#include "process/setup.h"
#include "resolve/key_command.h"
#include "resolve/option_files.h"

/* Each time another fernit must have written other keys into the same airflow.cfg between our look and our lock. */
enum { HAND_OUT_TRIES = 64 };

static void say_one(const struct part *part)
{
    char fingerprints[RING_SUMMARY];
    const struct decision *decision = &part->decision;
    const struct source *winner = decision->winner;
    bool only_in_cfg = winner && winner->way == WAY_CFG && !winner->by_command &&
                       decision->action == ACTION_USE && !part->secret->replaceable;
    if (!winner || !(only_in_cfg || log_shows(LOG_VERBOSE)))
        return;
    const char *name = winner->name;
    ring_summary(&decision->ring, fingerprints);
    if (decision->action == ACTION_SECRET)
        log_detail("%s is set: Airflow gets its %s from its secrets backend", name,
                   part->secret->title);
    else
        log_detail("using the %s %s from %s", part->secret->title, fingerprints, name);
    if (only_in_cfg)
        log_warning("key-only-in-cfg",
                    "the key %s stands only in %s: a rebuild that loses this file makes stored "
                    "connections unreadable; give a volume with --store DIR",
                    fingerprints, name);
    if (log_shows(LOG_VERBOSE) && !secret_is_locked(&decision->ring.keys))
        log_detail("the system does not let memory be locked (RLIMIT_MEMLOCK): the %s could be "
                   "swapped to disk",
                   part->secret->title);
}

/* A secret that this Airflow does not read: a user who gives it may mean another Airflow. One with two names is read
 * under the other. */
static void say_unread(const struct context *context, const struct look *look,
                       const struct part *part)
{
    const struct managed_place *place = part->secret->places;
    char why[LOOK_SHOWS];
    if (!managed_is_left_out(place, look->airflow) || !part_ring(part) ||
        !managed_is_given(place, context->environment))
        return;
    look_shows(look, why);
    log_notice("the command does not get %s: %s", place->variable, why);
    log_hint("if this is another Airflow, set --airflow-version");
}

static void say(const struct context *context, const struct look *look)
{
    if (look->airflow != AIRFLOW_UNKNOWN && log_shows(LOG_VERBOSE)) {
        char version[AIRFLOW_TEXT];
        airflow_version_text(look->airflow, version);
        log_detail("delivers what Airflow %s reads (%s)", version, look->airflow_from);
    }
    for (size_t i = 0; i < look->count; i++) {
        report_remarks(&look->parts[i].survey, &look->parts[i].decision);
        say_one(&look->parts[i]);
        say_unread(context, look, &look->parts[i]);
    }
    if (context->left_cfg)
        log_warning("cfg-left-behind",
                    "%s is no longer read, since --user changes HOME: Airflow's is now %s; move it "
                    "there, or remove it",
                    context->left_cfg, look->cfg_path.bytes);
}

/* One attempt: the secrets are kept, and delivered. Returns as deliver_cfg. */
static int hand_out(const struct context *context, bool first, bool has_command,
                    struct option_files *files, struct environment *child, struct error *err)
{
    _cleanup_look_ struct look look = {.store = {.directory = -1}};
    if (keep_secrets(context, &look, err) < 0)
        return -1;
    if (first)
        say(context, &look);
    record_tidy(context, &look);
    if (signals_pending(context->signals))
        return error_ending(err);
    if (child_environment(child, context, &look, err) < 0)
        return -1;
    int delivered = deliver_cfg(context, &look, child->list, has_command, err);
    return delivered == 0 ? option_files_deliver(files, child, err) : delivered;
}

/* Everything up to the exec. */
static int prepare(const struct context *context, bool has_command, struct environment *child,
                   struct error *err)
{
    /* It would pass every ..._CMD over, and might make a key where one of them has it. */
    if (environment_get(context->environment, KEY_COMMAND_MARK))
        return error_refused(err, KEY_COMMAND_MARK " is set: this is inside a ..._CMD of another "
                                                   "fernit, where only \"fernit key print\" makes "
                                                   "sense; unset it if that is not so");

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
        error_usage(&err, "init takes no command; to start one: fernit run");
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
    if (getpid() == 1 && !exec_is_known_init(*command))
        log_notice("%s becomes process 1, to which the kernel passes no signal that it does not "
                   "handle, and who has to reap; let fernit do that: fernit run --init -- %s",
                   exec_shown(*command), exec_shown(*command));
    int status = exec_command(command, environment, context->signals, &err);
    return report_unstarted(&err, status);
}

int run_command(const struct context *context)
{
    struct error err = {0};
    const struct settings *settings = context->settings;
    _cleanup_environment_ struct environment child = {0};
    if (!*settings->words) {
        error_usage(&err, "run needs a command: fernit run -- COMMAND [ARG...]; without one: "
                          "fernit init");
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
