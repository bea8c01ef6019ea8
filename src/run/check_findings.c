#include "run/check_findings.h"

#include "base/error.h"
#include "cli/catalogue.h"
#include "resolve/remark.h"
#include "run/cfg_need.h"

/* fernit is to write secrets into airflow.cfg, and all users can read it. */
static int check_readable(const struct context *context, const struct findings *findings,
                          struct error *err)
{
    const struct cfg *cfg = &findings->cfg.cfg;
    if (!context->settings->deliver_cfg || !cfg->exists || !(cfg->status.st_mode & 0004))
        return 0;
    error_refused(err, "%s can be read by every user (refused: --strict)",
                  findings->cfg_path.bytes);
    error_id(err, "readable-cfg");
    return error_hint(err, CFG_OWNER "\nchmod o-r %s", findings->cfg_path.bytes);
}

static int check_remarks(const struct item *item, struct error *err)
{
    for (size_t i = 0; i < item->decision.remark_count; i++) {
        const struct remark *remark = &item->decision.remarks[i];
        struct remark_message message;
        if (!warning_is_security(remark_id(remark->kind)))
            continue;
        remark_write(remark, &item->survey, &item->decision, &message);
        error_refused(err, "%.900s (refused: --strict)", message.text);
        error_id(err, remark_id(remark->kind));
        return error_hint(err, "%s", message.hint);
    }
    return 0;
}

static int check_strict(const struct context *context, const struct findings *findings,
                        struct error *err)
{
    int checked = check_readable(context, findings, err);
    for (size_t i = 0; i < findings->count && checked == 0; i++)
        checked = check_remarks(&findings->items[i], err);
    return checked;
}

/* A start does not begin what it cannot finish. */
static int check_cfg_options(const struct findings *findings, struct error *err)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct survey *survey = &findings->items[i].survey;
        for (size_t index = 0; findings->items[i].secret->options[index].variable; index++) {
            if (!cfg_option_is_left(findings, &findings->items[i], index))
                continue;
            *err = *survey->sources[survey->options[index].source].error;
            return -1;
        }
    }
    return 0;
}

int check_findings(const struct context *context, const struct findings *findings, bool has_command,
                   struct error *err)
{
    const struct settings *settings = context->settings;
    if (settings->strict && check_strict(context, findings, err) < 0)
        return -1;
    if (!settings->deliver_cfg || (has_command && settings->deliver_environment))
        return 0;
    return check_cfg_options(findings, err);
}
