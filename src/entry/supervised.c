#include "entry/supervised.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "entry/report.h"
#include "process/anew.h"
#include "process/handover.h"
#include "process/spawn.h"
#include "process/supervise.h"
#include "process/terminal.h"

/* The command gets the terminal's foreground where standard input is that terminal. With input from
 * elsewhere it shares the terminal with who else is in our group, until it asks to read there. */
static int start(const struct context *context, char **environment, struct watch *watch)
{
    int status;
    struct error err = {0};
    const struct settings *settings = context->settings;
    const struct start start = {
        .argv = settings->words,
        .environment = environment,
        .signals = context->signals,
        .own_session = settings->supervision.own_session,
        .no_new_privileges = settings->no_new_privileges,
        .terminal = terminal_is_ours(STDIN_FILENO) ? watch->terminal : -1,
    };
    if (signals_pending(context->signals)) {
        error_ending(&err);
        return report_failure(context->signals, &err, EXIT_OWN_FAILURE);
    }
    watch->child = spawn_command(&start, &status, &err);
    if (watch->child > 0)
        return 0;
    if (start.terminal >= 0)
        terminal_give(watch->terminal, getpgrp());
    log_error("%s", err.message);
    return status;
}

/* What the kernel would have taken away with the old process. */
static void wipe(const struct context *context, struct environment *environment)
{
    struct error err;
    error_sys(&err, "fernit cannot execute itself anew; it has wiped its memory instead");
    log_warning("%s", err.message);
    environment_free(environment);
    anew_wipe(context->argv);
}

int command_supervised(const struct context *context, struct environment *environment)
{
    struct watch watch = {.settings = context->settings->supervision, .loudness = (int)log_level()};
    if (watch.settings.scope == SCOPE_AUTO)
        watch.settings.scope = scope_for(context->settings->words);
    watch.terminal = watch.settings.own_session ? -1 : terminal_open();
    supervise_adopt(&watch.settings);

    int failed = start(context, environment->list, &watch);
    if (failed)
        return failed;

    char word[HANDOVER_LENGTH];
    handover_write(&watch, word);
    if (watch.terminal >= 0)
        fcntl(watch.terminal, F_SETFD, 0);
    errno = ENOENT;
    if (context->program >= 0)
        anew_execute(context->program, word);
    wipe(context, environment);
    return supervise(&watch);
}
