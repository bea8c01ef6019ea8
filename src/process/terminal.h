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

/* Whether our process group is in its foreground. */
bool terminal_is_ours(int terminal);

/* Puts a process group of our session into its foreground. What cannot be is left as it is. */
void terminal_give(int terminal, pid_t group);
