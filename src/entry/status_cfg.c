#include "entry/status_cfg.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "entry/child.h"
#include "entry/deliver.h"
#include "entry/status_report.h"

/* What a run would do to the file. */
struct needs {
    enum cfg_need first; /* CFG_RIGHT, or the first that is not, nor CFG_HIDE */
    bool hides;
};

static const char *describe_needs(const struct needs *needs, bool delivered)
{
    switch (needs->first) {
    case CFG_MAKE:
        return "missing, would be made";
    case CFG_SET:
        return needs->hides ? "would be given what it lacks, and an option that this Airflow would "
                              "show would be commented out"
                            : "would be given what it lacks";
    case CFG_FOREIGN:
        return "holds another key";
    case CFG_BROKEN:
        return "cannot be used as it is";
    default:
        break;
    }
    return needs->hides ? "an option that this Airflow would show would be commented out"
           : !delivered ? "not written: --deliver env"
           : needs->first == CFG_CLEAR ? "an empty option in it would be commented out"
                                       : "right, nothing to write";
}

static void find_needs_of(const struct context *context, const struct look *look,
                          const struct part *part, char *const *child, struct needs *needs)
{
    const struct cfg *cfg = &look->cfg.cfg;
    bool is_made = part->decision.action == ACTION_GENERATE;
    if (part->decision.action == ACTION_UNKNOWN)
        return;
    if (is_made && context->settings->deliver_cfg && needs->first == CFG_RIGHT)
        needs->first = cfg->exists ? CFG_SET : CFG_MAKE;
    for (size_t i = 0; !is_made && part->secret->places[i].variable; i++) {
        struct error ignored;
        enum cfg_need need = deliver_need(context, look, part, i, cfg, child, &ignored);
        needs->hides |= need == CFG_HIDE;
        if (needs->first == CFG_RIGHT && need != CFG_HIDE)
            needs->first = need;
    }
}

/* None where that is not known. */
static struct needs find_needs(const struct context *context, const struct look *look)
{
    struct error err = {0};
    struct needs needs = {0};
    _cleanup_environment_ struct environment child = {0};
    if (!look->cfg.readable)
        return (struct needs){.first = CFG_BROKEN};
    if (child_environment(&child, context, look, &err) < 0)
        return needs;
    for (size_t i = 0; i < look->count; i++)
        find_needs_of(context, look, &look->parts[i], child.list, &needs);
    return needs;
}

/* The folder of airflow.cfg cannot be written, and a run leaves the file as it is. */
static void describe_fixed(const struct context *context, const struct needs *needs,
                           struct status_report *report)
{
    bool by_environment = context->settings->deliver_environment;
    bool refused = needs->hides && context->settings->strict;
    if (refused)
        status_refuse(report);
    if (needs->hides)
        status_add(report, refused || !by_environment,
                   "the folder of airflow.cfg cannot be written, and the file has an option that "
                   "this Airflow would show; take it out");
    if (needs->first == CFG_RIGHT)
        return;
    status_add(report, !by_environment,
               by_environment
                   ? "the folder of airflow.cfg cannot be written: a run leaves the file "
                     "as it is, and only the command's environment has the key"
                   : "the folder of airflow.cfg cannot be written; make it writable, or "
                     "deliver by the environment");
}

static void describe_writing(const struct context *context, const struct look *look,
                             struct status_report *report)
{
    bool by_environment = context->settings->deliver_environment;
    struct needs needs = find_needs(context, look);
    report->cfg_path = look->cfg_path.bytes ? look->cfg_path.bytes : "";
    report->cfg_delivered = context->settings->deliver_cfg;
    report->cfg = look->parts[0].decision.action == ACTION_UNKNOWN
                      ? "depends on the command"
                      : describe_needs(&needs, context->settings->deliver_cfg);
    bool is_written = needs.first == CFG_MAKE || needs.first == CFG_SET || needs.first == CFG_CLEAR;
    if (!is_written && (needs.first != CFG_RIGHT || !needs.hides))
        return;

    _cleanup_free_ char *path = strdup(report->cfg_path);
    bool in_place = look->store.directory >= 0 && access(report->cfg_path, W_OK) == 0;
    if (!path || store_is_writable(dirname(path)) || (!by_environment && in_place))
        return;
    describe_fixed(context, &needs, report);
}

/* What a start does not look at, Airflow will. */
static void describe_rest(const struct look *look, struct status_report *report)
{
    struct error rest;
    _cleanup_cfg_ struct cfg whole = {0};
    const struct cfg *cfg = &look->cfg.cfg;
    bool has_copies = false;
    if (cfg->exists && !cfg->is_whole && cfg_read(report->cfg_path, &whole, &rest) < 0)
        status_add(report, true, rest.message);
    for (size_t i = 0; i < look->count; i++)
        has_copies |= look->parts[i].survey.store_scan.copies;
    if (has_copies)
        status_add(report, false,
                   "the store holds a copy of an airflow.cfg whose writing was "
                   "interrupted; the run that it belongs to will finish it");
}

void status_describe_cfg(const struct context *context, const struct look *look,
                         struct status_report *report)
{
    describe_writing(context, look, report);
    describe_rest(look, report);
}
