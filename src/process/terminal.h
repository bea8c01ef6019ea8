/* The controlling terminal: who is in its foreground, and so gets its keys' signals and may read it.
 *
 * tcsetpgrp(3), credentials(7) "Sessions and process groups". All signals are held back when these are
 * called, SIGTTOU too, so that setting the foreground never stops who does it.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Opens it. Returns the descriptor, close-on-exec, or -1: there is none. */
int terminal_open(void);

/* Whether our process group is in its foreground; or, where we lead the session, a group that is dead:
 * there is no shell that could take it from that one. */
bool terminal_is_ours(int terminal);

/* Whether it is for us to take it back from a command that has ended: in its foreground is the command's
 * group, or one that is dead, or one of those whose parent we have become. A shell that has taken it for
 * itself meanwhile keeps it. */
bool terminal_was_left(int terminal, pid_t command);

/* Where we lead the session of the terminal that standard input is: leaves it, so that another session may take it.
 * The SIGHUP and SIGCONT that the kernel sends us for that are taken away: tty_ioctl(4), TIOCNOTTY. Returns whether. */
bool terminal_leave(void);

/* Makes it the controlling terminal of our session, which we lead and which has none: TIOCSCTTY. */
void terminal_take(void);

/* Puts a process group of our session into its foreground. What cannot be is left as it is. */
void terminal_give(int terminal, pid_t group);
