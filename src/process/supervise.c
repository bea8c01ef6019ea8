#include "process/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/log.h"
#include "base/signal_name.h"
#include "base/signals.h"
#include "process/exit_status.h"
#include "process/image.h"
#include "process/leftover.h"
#include "process/reaction.h"
#include "process/setup.h"
#include "process/terminal.h"

enum {
    OWN_FAILURE = 125,
    KILL_AGAIN_MS = 50,  /* a process that forks meanwhile gets SIGKILL the next time */
    KILL_MOST_MS = 5000, /* fernit does not wait for a process that sleeps in the kernel */
    FAULTS_MOST = 100,   /* faults in a row, of calls that the loop needs */
    APART_MS =
        5, /* faults further apart are not in a row: the freezer and a debugger interrupt a wait too */
};

/* Functions marked hot lie side by side in the program, so that image_drop can keep only their pages in memory.
 * Resident while waiting: 52 KiB; without the marks 176 KiB; without image_drop as well 300 KiB. tini with musl: 64. */

struct state {
    const struct watch *watch;
    enum phase phase;
    pid_t child;         /* 0 once it was reaped: another process may have its number */
    int status;          /* its wait status, once it was reaped */
    bool over;           /* nothing is left to do */
    bool refused;        /* some descendants are another user's */
    bool warned;         /* of a signal that could not be forwarded */
    int stopped;         /* the signal that stopped the command, until it is continued */
    bool hung_up;        /* the command got SIGHUP: no process can give it the terminal */
    bool has_foreground; /* the child has the terminal's foreground, and fernit must take it back */
    bool timed;          /* there is something to do at `until` */
    struct deadline until;
    struct deadline killing; /* the end of PHASE_KILLING */
    int faults;              /* in a row */
    struct deadline apart;   /* when the last fault is no longer in the row */
};

static void set_timer(struct state *state, int64_t milliseconds)
{
    state->until = deadline_in(milliseconds, NULL);
    state->timed = true;
}

/* --- Signals for the command */

static void give_terminal(struct state *state)
{
    terminal_give(state->watch->terminal, state->child);
    state->has_foreground = true;
}

__attribute__((hot)) static void forward(struct state *state, int number)
{
    const struct watch *watch = state->watch;
    char name[SIGNAL_NAME];
    bool group = watch->settings.scope == SCOPE_GROUP;

    /* A key stopped the terminal's whole foreground group, whatever the scope is. */
    if (number == SIGCONT && watch->terminal >= 0) {
        group = true;
        if (watch->has_foreground && terminal_is_ours(watch->terminal))
            give_terminal(state);
    }
    int sent = kill(group ? -state->child : state->child, number);
    /* The command left the group that it was started in. */
    if (sent < 0 && errno == ESRCH && group)
        sent = kill(state->child, number);
    if (log_shows(LOG_VERBOSE))
        log_detail("forwarded %s", signal_name(number, name));
    if (sent < 0 && errno != ESRCH && !state->warned) {
        struct error err;
        error_sys(&err, "cannot forward %s to the command", signal_name(number, name));
        log_warning("signal-not-passed", NULL, "%s", err.message);
        state->warned = true;
    }
}

/* The shell that started fernit must see that its job stopped, and continues it. Where there is no shell, or fernit
 * is PID 1, a key must not stop the command: without fernit the kernel would not have stopped it, setpgid(2)
 * "orphaned process group". Nor would the kernel have stopped a process that reads from the terminal: the read would
 * have failed. It does fail once fernit has left the session, which makes the command's group an orphaned one. Where
 * fernit leads a group and cannot leave, the command gets SIGHUP and SIGCONT, as the kernel sends them to a group
 * that becomes orphaned. It gets them only once, since it may try again for ever. */
static void stop_with_child(struct state *state, int number)
{
    int terminal = state->watch->terminal;
    bool wants_terminal = number == SIGTTIN || number == SIGTTOU;
    bool may_leave = wants_terminal && getpid() != 1;
    bool given = wants_terminal && terminal_is_ours(terminal);
    if (given)
        give_terminal(state);
    bool stopped = !given && getpid() != 1 && signals_stop(wants_terminal ? number : SIGTSTP);
    /* The shell took the terminal back meanwhile. */
    state->has_foreground = state->has_foreground && !stopped;
    if (stopped) {
        forward(state, SIGCONT);
    } else if (given || number == SIGTSTP || (may_leave && setsid() >= 0)) {
        kill(-state->child, SIGCONT);
    } else if (may_leave && !state->hung_up) {
        kill(-state->child, SIGHUP);
        kill(-state->child, SIGCONT);
        state->hung_up = true;
    }
    /* PID 1 can only wait until the process that has the terminal ends. */
    if (given || !wants_terminal || may_leave)
        state->stopped = 0;
}

/* --- The descendants, once the command has ended */

static const char *plural(size_t count)
{
    return count == 1 ? "" : "es";
}

static void warn_of(struct state *state, const struct leftover *left)
{
    if (left->refused > 0 && !state->refused)
        log_warning("left-to-others", NULL,
                    "the command left %zu process%s of another user, which fernit may not end",
                    left->refused, plural(left->refused));
    if (left->unseen && getpid() != 1)
        log_warning(
            "left-unseen", NULL,
            "processes that the command left cannot be found without /proc, and keep running");
    state->refused |= left->refused > 0;
}

static void kill_left(struct state *state)
{
    struct leftover left = leftover_signal(SIGKILL);
    if (state->phase != PHASE_KILLING) {
        state->phase = PHASE_KILLING;
        state->killing = deadline_in(KILL_MOST_MS, NULL);
        warn_of(state, &left);
        if (left.unseen)
            log_notice(NULL, "sends SIGKILL to the processes that the command left and that did "
                             "not end on SIGTERM");
        else if (left.alive > 0)
            log_notice(NULL,
                       "sends SIGKILL to %zu process%s that the command left and that did not end "
                       "on SIGTERM",
                       left.alive, plural(left.alive));
    }
    state->over = (left.alive == 0 && left.refused > 0) || deadline_passed(&state->killing);
    set_timer(state, KILL_AGAIN_MS);
}

/* A stopped process does not act on SIGTERM, so continue it too. */
static void end_left(struct state *state)
{
    struct leftover left = leftover_signal(SIGTERM);
    state->phase = PHASE_LEFT;
    warn_of(state, &left);
    state->over = left.alive == 0 && (left.refused > 0 || (left.unseen && getpid() != 1));
    log_detail("sends SIGTERM to %zu process%s that the command left", left.alive,
               plural(left.alive));
    if (!state->over)
        leftover_signal(SIGCONT);
    set_timer(state, state->watch->settings.grace);
}

/* --- Processes that end */

static void command_ended(struct state *state, bool alone)
{
    state->timed = false;
    if (state->has_foreground && terminal_was_left(state->watch->terminal, state->watch->child))
        terminal_give(state->watch->terminal, getpgrp());
    log_detail("the command ended with status %d", state->status);
    if (alone || state->watch->settings.grace == 0)
        state->over = true;
    else
        end_left(state);
}

/* Reaps every process that has ended: several ends may raise one SIGCHLD. Acts on the end or stop of the command when
 * all are reaped, since the process that had the terminal may be one of them. Returns 0, or -1 with *err. */
__attribute__((hot)) static int reap(struct state *state, struct error *err)
{
    const struct watch *watch = state->watch;
    bool ran = state->child != 0;
    *err = (struct error){0};
    int flags = WNOHANG | (watch->terminal >= 0 ? WUNTRACED : 0);
    int status = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &status, flags)) > 0) {
        if (pid != state->child)
            continue;
        if (WIFSTOPPED(status)) {
            state->stopped = WSTOPSIG(status);
        } else {
            state->child = 0;
            state->status = exit_status(status);
        }
    }
    bool alone = pid < 0 && errno == ECHILD;
    if (pid < 0 && !alone)
        error_sys(err, "cannot wait for the command");
    else if (alone && state->child != 0)
        error_input(err, "the command ended, and another process took its status");

    if (state->stopped && state->child != 0)
        stop_with_child(state, state->stopped);
    if (ran && state->child == 0)
        command_ended(state, alone);
    else if (!ran)
        state->over |= alone || (state->refused && leftover_signal(0).alive == 0);
    return err->kind == ERROR_NONE ? 0 : -1;
}

/* --- One step after another */

static void time_is_up(struct state *state)
{
    state->timed = false;
    if (state->phase == PHASE_DELAYING) {
        state->phase = PHASE_RUNNING;
        if (state->watch->settings.rewrite[SIGTERM])
            forward(state, state->watch->settings.rewrite[SIGTERM]);
    } else {
        kill_left(state);
    }
}

__attribute__((hot)) static int take_signal(struct state *state, int number, struct error *err)
{
    const struct supervision *settings = &state->watch->settings;
    struct reaction reaction = react(settings, state->phase, number);
    switch (reaction.act) {
    case ACT_REAP:
        return reap(state, err);
    case ACT_FORWARD:
        if (state->phase == PHASE_DELAYING && number == SIGTERM) {
            state->phase = PHASE_RUNNING;
            state->timed = false;
        }
        forward(state, reaction.number);
        break;
    case ACT_DELAY:
        state->phase = PHASE_DELAYING;
        set_timer(state, settings->term_delay);
        break;
    case ACT_KILL:
        kill_left(state);
        break;
    case ACT_NOTHING:
        break;
    }
    return 0;
}

/* Waits for the next signal or time, and acts on it. Returns 0, or -1 with *err. */
__attribute__((hot)) static int step(struct state *state, struct error *err)
{
    int number = signals_next(state->timed ? deadline_left(&state->until) : -1, err);
    if (number < 0)
        return -1;
    if (number > 0) {
        state->faults = 0;
        return take_signal(state, number, err);
    }
    if (deadline_passed(&state->apart))
        state->faults = 0;
    state->apart = deadline_in(APART_MS, NULL);
    if (state->timed && deadline_passed(&state->until))
        time_is_up(state);
    else if (++state->faults > FAULTS_MOST)
        return error_input(err, "cannot wait for signals: none arrives, and no time passes");
    return 0;
}

void supervise_adopt(const struct supervision *settings)
{
    if (!settings->no_subreaper && getpid() != 1)
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Keeps nothing open that others may want to close or unmount while fernit waits. Only the log needs one of the
 * descriptors 0 to 2. */
static void settle_down(const struct watch *watch)
{
    process_close_all_but(watch->terminal);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        close(null);
    }
    if (chdir("/") < 0)
        log_detail("cannot go to /");
    prctl(PR_SET_NAME, "fernit", 0, 0, 0);
    image_drop((const void *)supervise, (const void *)syscall);
}

__attribute__((hot)) int supervise(const struct watch *watch)
{
    struct error err = {0};
    struct state state = {
        .watch = watch, .child = watch->child, .has_foreground = watch->has_foreground};
    log_never_wait();
    /* After a fault, look for ended processes again: the SIGCHLD that told of them is gone. */
    int taken = reap(&state, &err);
    if (!state.over)
        settle_down(watch);
    while (!state.over) {
        if (taken < 0 && ++state.faults > FAULTS_MOST) {
            error_print(&err);
            return OWN_FAILURE;
        }
        taken = taken < 0 ? reap(&state, &err) : step(&state, &err);
    }
    return exit_status_among(state.status, watch->settings.good_statuses);
}

int supervise_handed_over(const char *word)
{
    static const char advice[] = "to supervise a command: fernit run --init -- COMMAND";
    struct error err = {0};
    struct watch watch;
    if (handover_read(word, &watch, &err) < 0) {
        error_advise(&err, "%s", advice);
        error_print(&err);
        return OWN_FAILURE;
    }
    log_set_level((enum log_level)watch.loudness);
    log_set_format(watch.format);
    siginfo_t ignored;
    int found = waitid(P_PID, (id_t)watch.child, &ignored, WEXITED | WNOHANG | WNOWAIT);
    if (watch.child <= 0 || (found < 0 && errno == ECHILD)) {
        log_error("usage", advice, "process %d is no child of this one", (int)watch.child);
        return OWN_FAILURE;
    }
    return supervise(&watch);
}
