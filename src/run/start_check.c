#include "run/start_check.h"

#include <string.h>

#include "airflow/sensitive.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/lines.h"
#include "base/log.h"
#include "resolve/key_command.h"
#include "run/wait.h"

int check_not_nested(const struct context *context, struct error *err)
{
    if (!environment_get(context->environment, KEY_COMMAND_MARK))
        return 0;
    error_refused(err,
                  KEY_COMMAND_MARK " is set: another fernit has started this one in a ..._CMD");
    error_hint(err, "use \"fernit key print\" in a ..._CMD");
    return error_hint(err, "if this is not in a ..._CMD, unset " KEY_COMMAND_MARK);
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

/* `fernit init` has no command to give them to. */
static void report_ignored(char *const *environment)
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

int check_start(const struct context *context, bool has_command, struct option_files *files,
                struct error *err)
{
    bool reads = has_command || wait_needs_options(context->settings);
    if (check_not_nested(context, err) < 0)
        return -1;
    int read = reads ? option_files_read(context->environment, context->early, files, err) : 0;
    if (!has_command) {
        /* A broken one matters to init only where --wait-for needs it: wait_for_targets tells. */
        report_ignored(context->environment);
        return 0;
    }
    if (read == 0)
        report_option_files(files);
    return read;
}
