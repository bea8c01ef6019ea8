#include "entry/report.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/lines.h"
#include "base/log.h"

int failure_status(const struct error *err)
{
    if (err->kind == ERROR_SYSTEM && err->errnum == ENOMEM)
        return EXIT_OWN_FAILURE;
    return err->kind == ERROR_USAGE ? EXIT_USAGE : EXIT_PROBLEM;
}

/* Each of its lines is one. */
static void print_hint(const char *hint)
{
    for (size_t length; *hint; hint += length + (hint[length] == '\n')) {
        length = strcspn(hint, "\n");
        log_hint("%.*s", (int)length, hint);
    }
}

int report_failure(const struct signals *signals, const struct error *err, int status)
{
    int number = signals_pending(signals);
    if (err->kind == ERROR_ENDING && number > 0) {
        log_detail("ends on signal %d", number);
        return 128 + number;
    }
    log_error("%s%s", err->message, error_remedy(err));
    print_hint(err->hint);
    return status;
}

int report_unstarted(const struct error *err, int status)
{
    log_error("%s", err->message);
    print_hint(err->hint);
    return status;
}

void report_remarks(const struct survey *survey, const struct decision *decision)
{
    for (size_t i = 0; i < decision->remark_count; i++) {
        char text[1024];
        char hint[REMARK_HINT];
        remark_text(&decision->remarks[i], survey, decision, text, sizeof text);
        remark_hint(&decision->remarks[i], survey, hint);
        log_warning(remark_id(decision->remarks[i].kind), "%s", text);
        print_hint(hint);
    }
}

void report_option_files(const struct option_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        char text[1024];
        const char *id = option_file_remark(&files->list[i], text, sizeof text);
        if (id)
            log_warning(id, "%s", text);
    }
}

void report_option_files_left(char *const *environment)
{
    for (; *environment; environment++) {
        struct sensitive_variable option;
        if (sensitive_file(*environment, &option) && !text_is_blank(strchr(*environment, '=') + 1))
            log_warning("option-file-left",
                        "%s_FILE is left alone: init has no command to give its value to, and "
                        "Airflow does not know it; start Airflow with \"fernit run\"",
                        option.name);
    }
}
