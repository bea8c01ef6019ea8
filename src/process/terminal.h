/* The controlling terminal. The group in its foreground gets the signals of its keys, and may read from it.
 *
 * tcsetpgrp(3), credentials(7) "Sessions and process groups". All signals are held back when these are called,
 * SIGTTOU too, so that setting the foreground never stops the caller. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Opens the terminal. Returns a descriptor, close-on-exec, or -1 where there is none. */
int terminal_open(void);

/* Whether fernit's process group is in the foreground. Where fernit leads the session, also whether a dead group is:
 * no shell can take the terminal from that one. */
bool terminal_is_ours(int terminal);

/* Whether fernit may take the terminal back from a command that has ended: in the foreground is the command's group,
 * a dead group, or a group of processes that fernit has adopted. A shell that has taken the terminal meanwhile keeps
 * it. */
bool terminal_was_left(int terminal, pid_t command);

/* Where fernit leads the session of the terminal on standard input: leaves it, so that another session can take it.
 * Discards the SIGHUP and SIGCONT that the kernel sends for that: tty_ioctl(4), TIOCNOTTY. Returns whether it left. */
bool terminal_leave(void);

/* Makes standard input the controlling terminal of the caller's session, which the caller leads and which has none:
 * TIOCSCTTY. */
void terminal_take(void);

/* Puts a process group of fernit's session into the foreground. Does nothing where that fails. */
void terminal_give(int terminal, pid_t group);
