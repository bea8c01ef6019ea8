/* Standing over the command: passing signals on, reaping, ending with its status.
 *
 * One process, one thread: all signals are held back and taken one by one, so that nothing happens
 * between two steps, and nothing at all while there is nothing to do.
 */
#pragma once

#include "process/handover.h"

/* What everything before the start needs: not being PID 1, this process adopts what the command leaves
 * behind, if the settings say so, prctl(2) PR_SET_CHILD_SUBREAPER. Where the kernel does not do that
 * it is left. */
void supervise_adopt(const struct supervision *settings);

/* Supervises watch->child until it has ended and, with a grace, what it left behind has, too.
 *
 * Closes every inherited descriptor but 2 and the terminal's (0 and 1 become /dev/null), goes to "/",
 * and drops a log line rather than wait for who reads it. Signals are passed on as react() says, to
 * the child or its group; a signal that cannot be delivered is warned of. Every child that ends is
 * reaped, whoever's it was. Where there is a terminal and fernit is not PID 1, fernit stops when the
 * child stops, so that the shell sees it, and continues it when it is continued itself; a child that
 * wants to read gets the foreground where it is ours to give. After the child's end no signal is sent
 * to its number any more. What is left behind includes children that this process had before.
 *
 * Returns the status to end with: the child's, 0 where that is among the good ones, or 125, after a
 * message, where the system does not let us wait. */
int supervise(const struct watch *watch);

/* What the process that fernit became anew begins with: reads the word (process/handover.h) and
 * supervises. Returns as supervise(), or 125, after a message, where the word is none of ours or names
 * nobody who is our child. */
int supervise_handed_over(const char *word);
