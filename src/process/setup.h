/* The first steps of a process that handles keys. */
#pragma once

#include <sys/types.h>

struct error;

/* Makes relocated data read-only (process/image.h). Opens /dev/null for each of the descriptors 0, 1 and 2 that is
 * closed, so that no file of fernit's gets their number. Keeps this process from being dumped or traced: prctl(2),
 * PR_SET_DUMPABLE, which the exec of the command resets. Returns 0, or -1 with ERROR_SYSTEM. */
int process_setup(struct error *err);

/* Closes every descriptor above 2 but `kept` (-1: all). close_range(2); one by one before Linux 5.9 and in some
 * sandboxes. */
void process_close_all_but(int kept);

/* Asks the kernel to send signal `number` to this process when its parent ends, prctl(2) PR_SET_PDEATHSIG. Where the
 * parent is no longer `parent`, sends it at once. It lasts through exec, until a change of user.
 * Returns 0, or -1 with ERROR_SYSTEM. */
int process_follow_parent(int number, pid_t parent, struct error *err);
