#include "run/supervised.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "process/anew.h"
#include "process/handover.h"
#include "process/scope.h"
#include "process/spawn.h"
#include "process/supervise.h"
#include "process/terminal.h"
#include "run/report.h"

/* The command gets the terminal's foreground if it reads from and writes to that terminal. In a pipeline it shares
 * the terminal with the other processes of fernit's group, until it tries to read. */
static bool gets_terminal(const struct watch *watch)
{
    return watch->terminal >= 0 && terminal_is_ours(STDIN_FILENO) &&
           terminal_is_ours(STDOUT_FILENO);
}

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
        .takes_terminal = settings->supervision.own_session && terminal_leave(),
        .no_new_privileges = settings->no_new_privileges,
        .terminal = watch->has_foreground ? watch->terminal : -1,
    };
    if (signals_pending(context->signals)) {
        error_ending(&err);
        return report_failure(context->signals, &err, EXIT_OWN_FAILURE);
    }
    watch->child = spawn_command(&start, &status, &err);
    if (watch->child > 0)
        return 0;
    if (watch->has_foreground)
        terminal_give(watch->terminal, getpgrp());
    return report_unstarted(&err, status);
}

/* Without the exec, the kernel does not discard the old memory. */
static void wipe(const struct context *context, struct environment *environment)
{
    struct error err;
    error_sys(&err, "fernit cannot execute itself again, and wiped its memory instead");
    error_advise(
        &err,
        "check whether its file system is mounted noexec, or a seccomp profile forbids execveat");
    environment_free(environment);
    anew_wipe(context->argv);
    log_warning("not-executed-anew", error_hints(&err), "%s", err.message);
}

static enum scope choose_scope(enum scope wanted, char *const *command, char *const *environment)
{
    const char *reason = "--signal-scope says so";
    struct scope_words words =
        scope_read(command, environment_get(environment, "AIRFLOW_COMPONENT_TYPE"),
                   environment_get(environment, "DUMB_INIT_SETSID"));
    enum scope scope = wanted == SCOPE_AUTO ? scope_for(&words, &reason) : wanted;
    log_detail("signals go to the %s: %s",
               scope == SCOPE_CHILD ? "command alone" : "command's process group", reason);
    if (scope == SCOPE_CHILD && scope_is_lost(&words)) {
        log_warning(
            "dumb-init-signals-all",
            "set DUMB_INIT_SETSID=0, or remove dumb-init: fernit run --init replaces it",
            "dumb-init forwards each signal to all processes of the worker, so SIGTERM kills "
            "the tasks that run");
    }
    return scope;
}

int command_supervised(const struct context *context, struct environment *environment)
{
    struct watch watch = {.settings = context->settings->supervision,
                          .loudness = (int)log_level(),
                          .format = log_format()};
    watch.settings.scope =
        choose_scope(watch.settings.scope, context->settings->words, environment->list);
    watch.terminal = watch.settings.own_session ? -1 : terminal_open();
    watch.has_foreground = gets_terminal(&watch);
    supervise_adopt(&watch.settings);

    int failed = start(context, environment->list, &watch);
    if (failed)
        return failed;

    log_take_standard_error();
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
