/* Starting the command as a child. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/signals.h"

struct error;

/* What to start, and how; everything is borrowed. */
struct start {
    char *const *argv;
    char **environment; /* argv[0] is looked up on the PATH in there */
    const struct signals *signals;
    bool own_session;       /* a session of its own; else only a process group */
    bool takes_terminal;    /* into that session: terminal_take */
    bool no_new_privileges; /* PR_SET_NO_NEW_PRIVS */
    int terminal;           /* whose foreground it gets (process/terminal.h); -1: does not */
};

/* Starts it, in a process group of its own, with the mask and the dispositions that we inherited.
 * A LISTEN_PID that named us, for whom sockets were opened, names the child: sd_listen_fds(3).
 * Should we be killed and not be PID 1, the kernel kills it, too: PR_SET_PDEATHSIG.
 *
 * The child borrows our memory until it has become the command (clone(2), CLONE_VM and CLONE_VFORK):
 * nothing is copied, no secret exists twice, and when this returns the command is running, or has
 * told through a pipe that closes at its exec why not.
 *
 * SIGCHLD is at its default from here on: where it was inherited ignored the kernel would reap.
 * Returns the child, or -1 with *err; *status is then what to end with: 126 or 127 where the command
 * cannot be run (see process/exec.h), else 125. */
pid_t spawn_command(const struct start *start, int *status, struct error *err);
