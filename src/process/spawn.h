/* Starting the command as a child. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/signals.h"

struct error;

/* What to start, and how. All of it is borrowed. */
struct start {
    char *const *argv;
    char **environment; /* argv[0] is found on its PATH */
    const struct signals *signals;
    bool own_session;       /* in a session of its own; else only in a process group of its own */
    bool takes_terminal;    /* takes the terminal into that session: terminal_take */
    bool no_new_privileges; /* PR_SET_NO_NEW_PRIVS */
    int terminal; /* the terminal whose foreground it gets (process/terminal.h); -1: none */
};

/* Starts the command in a process group of its own, with the signal mask and dispositions that fernit inherited.
 * Where LISTEN_PID named fernit (sockets were opened for it), it names the child: sd_listen_fds(3). If fernit is
 * killed and is not PID 1, the kernel kills the child too: PR_SET_PDEATHSIG.
 *
 * The child borrows fernit's memory until its exec (clone(2), CLONE_VM and CLONE_VFORK): nothing is copied, and no
 * secret exists twice. When this returns, the command runs, or the child has reported why not, through a pipe that
 * closes at its exec.
 *
 * SIGCHLD has its default action from here on: if it were ignored, the kernel would reap.
 * Returns the child, or -1 with *err; *status is then the exit status: 126 or 127 where the command cannot be run
 * (process/exec.h), else 125. */
pid_t spawn_command(const struct start *start, int *status, struct error *err);
