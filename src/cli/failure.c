#include "cli/failure.h"

#include <errno.h>

#include "base/error.h"
#include "base/log.h"

int failure_status(const struct error *err)
{
    if (err->kind == ERROR_SYSTEM && err->errnum == ENOMEM)
        return EXIT_OWN_FAILURE;
    return err->kind == ERROR_USAGE ? EXIT_USAGE : EXIT_PROBLEM;
}

int report_failure(const struct signals *signals, const struct error *err, int status)
{
    int number = signals_pending(signals);
    if (err->kind == ERROR_ENDING && number > 0) {
        log_detail("ends on signal %d", number);
        return 128 + number;
    }
    error_print(err);
    return status;
}

int report_unstarted(const struct error *err, int status)
{
    error_print(err);
    return status;
}
