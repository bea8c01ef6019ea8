/* Supervising the command: forwarding signals, reaping processes, ending with its exit status.
 *
 * One process, one thread. All signals are held back and taken one by one, so that nothing happens between two steps,
 * and fernit does nothing while nothing happens. */
#pragma once

#include "process/handover.h"

/* Prepares for the start: unless fernit is PID 1, or the settings forbid it, this process adopts the orphaned
 * descendants of the command: prctl(2) PR_SET_CHILD_SUBREAPER. Where the kernel cannot do that, init adopts them. */
void supervise_adopt(const struct supervision *settings);

/* Supervises watch->child until it has ended and, with a grace time, its descendants have too.
 *
 * Closes every inherited descriptor but 2 and the terminal's (0 and 1 become /dev/null), changes to "/", and drops a
 * log line rather than block on a slow reader.
 *
 * Forwards signals to the child or its group as react() says, and warns of a signal that cannot be delivered. Reaps
 * every child that ends. Where there is a terminal and fernit is not PID 1: fernit stops when the child stops, so
 * that the shell sees it, and continues the child when the shell continues fernit; a child that wants to read gets
 * the foreground if fernit has it. After the child's end no signal is sent to its number. Children that this process
 * had before it became fernit count as descendants.
 *
 * Returns the exit status: the child's; 0 where that is one of the good ones; or 125, after a message, where waiting
 * fails. */
int supervise(const struct watch *watch);

/* The first step after fernit executed itself again: reads the word (process/handover.h) and supervises. Returns as
 * supervise(), or 125, after a message, where the word is not valid or names no child of this process. */
int supervise_handed_over(const char *word);
