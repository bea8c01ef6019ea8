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
    log_error("%s", err->message);
    return status;
}
