#include "run/report.h"

#include <string.h>

#include "airflow/version.h"
#include "base/error.h"
#include "base/lines.h"
#include "base/log.h"
#include "resolve/remark.h"
#include "run/deliver_need.h"

void report_remarks(const struct survey *survey, const struct decision *decision)
{
    for (size_t i = 0; i < decision->remark_count; i++) {
        struct remark_message message;
        remark_write(&decision->remarks[i], survey, decision, &message);
        log_warning(remark_id(decision->remarks[i].kind), message.hint, "%s", message.text);
    }
}

static void say_one(const struct lookup *lookup)
{
    char fingerprints[RING_SUMMARY];
    const struct decision *decision = &lookup->decision;
    const struct source *winner = decision->winner;
    bool only_in_cfg = winner && winner->way == WAY_CFG && !winner->by_command &&
                       decision->action == ACTION_USE && !lookup->secret->replaceable;
    if (!winner || !(only_in_cfg || log_shows(LOG_VERBOSE)))
        return;
    const char *name = winner->name;
    ring_summary(&decision->ring, fingerprints);
    if (decision->action == ACTION_SECRET)
        log_detail("%s is set: Airflow gets its %s from its secrets backend", name,
                   lookup->secret->title);
    else
        log_detail("using the %s %s from %s", lookup->secret->title, fingerprints, name);
    if (only_in_cfg)
        log_warning("key-only-in-cfg", "give a volume with --store DIR",
                    "only %s holds the key %s: after a rebuild that loses it, stored connections are "
                    "unreadable",
                    name, fingerprints);
    if (log_shows(LOG_VERBOSE) && !secret_is_locked(&decision->ring.keys))
        log_detail("memory cannot be locked (RLIMIT_MEMLOCK): the %s could be swapped to disk",
                   lookup->secret->title);
}

/* A secret that this Airflow does not read: a user who gives it may mean another Airflow. One with two names is read
 * under the other. */
static void say_unread(const struct context *context, const struct look *look,
                       const struct lookup *lookup)
{
    const struct managed_option *place = lookup->secret->options;
    char why[LOOK_SHOWS];
    if (!managed_is_left_out(place, look->airflow) || !lookup_ring(lookup) ||
        !managed_is_given(place, context->environment))
        return;
    look_shows(look, why);
    log_notice("if this is another Airflow, set --airflow-version",
               "the command does not get %s: %s", place->variable, why);
}

void report_look(const struct context *context, const struct look *look)
{
    if (look->airflow != AIRFLOW_UNKNOWN && log_shows(LOG_VERBOSE)) {
        char version[AIRFLOW_TEXT];
        airflow_version_text(look->airflow, version);
        log_detail("delivers what Airflow %s reads (%s)", version, look->airflow_from);
    }
    for (size_t i = 0; i < look->count; i++) {
        report_remarks(&look->lookups[i].survey, &look->lookups[i].decision);
        say_one(&look->lookups[i]);
        say_unread(context, look, &look->lookups[i]);
    }
    if (context->left_cfg)
        log_warning("cfg-left-behind", "move it there, or remove it",
                    "%s is ignored: --user changes HOME, and Airflow reads %s", context->left_cfg,
                    look->cfg_path.bytes);
}

void report_option_files(const struct option_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        char text[OPTION_FILE_REMARK];
        char hint[OPTION_FILE_REMARK];
        const char *id = option_file_remark(&files->list[i], text, hint);
        if (id)
            log_warning(id, hint, "%s", text);
    }
}

void report_option_files_left(char *const *environment)
{
    for (; *environment; environment++) {
        struct sensitive_variable option;
        if (sensitive_file(*environment, &option) && !text_is_blank(strchr(*environment, '=') + 1))
            log_warning(
                "option-file-left", "start Airflow with \"fernit run\"",
                "%s_FILE is ignored: Airflow does not read it, and init has no command for it",
                option.name);
    }
}
