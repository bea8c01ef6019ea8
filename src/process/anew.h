/* Becoming a process that has never seen a secret.
 *
 * A supervisor lives as long as its container, and whatever it has read would lie in its memory, its
 * stack, its environment, for as long. So once the command runs it executes its own program anew: the
 * kernel takes all of that away at one stroke, and what comes after never had it. execveat(2), proc(5)
 */
#pragma once

/* A descriptor, O_PATH and close-on-exec, of the very program that runs: by /proc/self/exe, or, where
 * there is no /proc, by the path it was started with, if what is there now has the same bytes. To be
 * called before any change of user or directory. Returns -1 where neither can be had. */
int anew_open(void);

/* Executes `program` with the one argument `word` and an empty environment. Masks, ignored signals,
 * pending signals and the children stay. Returns only if that failed, with errno. */
void anew_execute(int program, const char *word);

/* The next best thing, where it cannot be had: zeroes the memory in which the kernel has handed over
 * arguments and environment, and what calls that have returned may have left on the stack. Secrets
 * in their own memory are the caller's to release. `argv` is main's; it and environ are empty
 * afterwards. */
void anew_wipe(char **argv);
