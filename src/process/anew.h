/* Becoming a process that has never seen a secret.
 *
 * A supervisor lives as long as its container. What it has read would stay in its memory, stack and environment for
 * as long. So once the command runs, fernit executes its own program again: the kernel discards all of that memory at
 * once. execveat(2), proc(5) */
#pragma once

/* Opens the program that runs: a descriptor with O_PATH and close-on-exec (process/program.h). Call it before any
 * change of user or directory. Returns -1 where it cannot be opened. */
int anew_open(void);

/* Executes `program` with the one argument `word` and an empty environment. The signal mask, ignored and pending
 * signals, and the children stay. Returns only if it failed, with errno. */
void anew_execute(int program, const char *word);

/* For where the program cannot be executed again: zeroes the memory in which the kernel passed arguments and
 * environment, and the part of the stack that calls which returned may have used. The caller releases secrets in
 * their own memory. `argv` is main's; it and environ are empty afterwards. */
void anew_wipe(char **argv);
