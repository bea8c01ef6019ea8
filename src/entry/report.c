#include "entry/report.h"

#include "base/error.h"
#include "base/log.h"

int report_failure(const struct signals *signals, const struct error *err, int status)
{
    int number = signals_pending(signals);
    if (err->kind == ERROR_ENDING && number > 0) {
        log_detail("ends on signal %d", number);
        return 128 + number;
    }
    log_error("%s%s", err->message, error_remedy(err));
    return status;
}

void report_remarks(const struct decision *decision)
{
    for (size_t i = 0; i < decision->remark_count; i++) {
        char text[1024];
        remark_text(&decision->remarks[i], decision, text, sizeof text);
        log_warning("%s", text);
    }
}
