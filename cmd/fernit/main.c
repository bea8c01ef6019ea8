#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/signals.h"
#include "cli/failure.h"
#include "command/entry.h"
#include "process/handover.h"
#include "process/setup.h"
#include "process/supervise.h"

static int failed(const struct error *err)
{
    error_print(err);
    return EXIT_OWN_FAILURE;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct signals signals = {.descriptor = -1};
    if (signals_hold(&signals, &err) < 0 || process_setup(&err) < 0)
        return failed(&err);
    if (argc > 1 && handover_is(argv[1]))
        return supervise_handed_over(argv[1]);
    if (signals_watch(&signals, &err) < 0 || secret_setup(&err) < 0)
        return failed(&err);

    int status = entry(argv, environ, &signals);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_GOOD) {
        log_error("system", NULL, "standard output cannot be written");
        return EXIT_PROBLEM;
    }
    return status;
}
