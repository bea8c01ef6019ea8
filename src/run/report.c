#include "run/report.h"

#include "airflow/version.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/variables.h"
#include "resolve/misnamed.h"
#include "resolve/remark.h"

void report_remarks(const struct survey *survey, const struct decision *decision)
{
    for (size_t i = 0; i < decision->remark_count; i++) {
        struct remark_message message;
        remark_write(&decision->remarks[i], survey, decision, &message);
        log_warning(remark_id(decision->remarks[i].kind), message.hint, "%s", message.text);
    }
}

static void say_one(const struct item *item)
{
    char fingerprints[RING_SUMMARY];
    const struct decision *decision = &item->decision;
    const struct source *winner = decision->winner;
    bool only_in_cfg = winner && winner->kind == SOURCE_CFG && !winner->by_command &&
                       decision->action == ACTION_USE && !item->secret->replaceable;
    if (!winner || !(only_in_cfg || log_shows(LOG_VERBOSE)))
        return;
    const char *name = winner->name;
    ring_summary(&decision->ring, fingerprints);
    if (decision->action == ACTION_SECRET)
        log_detail("%s is set: Airflow gets its %s from its secrets backend", name,
                   item->secret->title);
    else
        log_detail("using the %s %s from %s", item->secret->title, fingerprints, name);
    if (only_in_cfg)
        log_warning(
            "key-only-in-cfg", "give a volume with --store DIR",
            "only %s holds the key %s: after a rebuild that loses it, stored connections are "
            "unreadable",
            name, fingerprints);
    if (log_shows(LOG_VERBOSE) && !secret_is_locked(&decision->ring.keys))
        log_detail("memory cannot be locked (RLIMIT_MEMLOCK): the %s could be swapped to disk",
                   item->secret->title);
}

/* A user who gives a secret that this Airflow does not read may mean another Airflow. A secret with two names is read
 * under the other. */
static void say_unread(const struct context *context, const struct findings *findings,
                       const struct item *item)
{
    const struct managed_option *option = item->secret->options;
    char why[FINDINGS_WHY];
    if (!managed_is_left_out(option, findings->airflow) || !item->delivers ||
        !managed_is_given(option, context->environment))
        return;
    findings_why_shown(findings, why);
    log_notice("if this is another Airflow, set --airflow-version",
               "the command does not get %s: %s", option->variable, why);
}

/* A key under a wrong name has a warning of its own. */
static bool is_misnamed_key(const char *assignment)
{
    char *alone[] = {(char *)assignment, NULL};
    return misnamed_secret(alone, MANAGED_FERNET_KEY);
}

void report_variables(const struct context *context)
{
    warn_of_unknown_variables(context->environment, is_misnamed_key);
}

void report_findings(const struct context *context, const struct findings *findings)
{
    if (findings->airflow != AIRFLOW_UNKNOWN && log_shows(LOG_VERBOSE)) {
        char version[AIRFLOW_TEXT];
        airflow_version_text(findings->airflow, version);
        log_detail("delivers what Airflow %s reads (%s)", version, findings->airflow_from);
    }
    for (size_t i = 0; i < findings->count; i++) {
        report_remarks(&findings->items[i].survey, &findings->items[i].decision);
        say_one(&findings->items[i]);
        say_unread(context, findings, &findings->items[i]);
    }
    if (context->left_cfg)
        log_warning("cfg-left-behind",
                    findings->cfg.cfg.exists
                        ? "compare the two: give a key that only this one has in FERNET_KEY"
                        : "move it there, or set AIRFLOW_HOME to its folder",
                    "%s is ignored: --user changes HOME, and Airflow reads %s", context->left_cfg,
                    findings->cfg_path.bytes);
}
