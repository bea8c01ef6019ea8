#include "cli/failure.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"

int failure_status(const struct error *err)
{
    if (err->kind == ERROR_SYSTEM && err->errnum == ENOMEM)
        return EXIT_OWN_FAILURE;
    return err->kind == ERROR_USAGE ? EXIT_USAGE : EXIT_PROBLEM;
}

void report_hints(const char *hints)
{
    for (size_t length; *hints; hints += length + (hints[length] == '\n')) {
        length = strcspn(hints, "\n");
        log_hint("%.*s", (int)length, hints);
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
    report_hints(err->hint);
    return status;
}

int report_unstarted(const struct error *err, int status)
{
    log_error("%s", err->message);
    report_hints(err->hint);
    return status;
}
