/* What a process that handles keys does first. */
#pragma once

#include <sys/types.h>

struct error;

/* Makes what the loader has relocated read-only (process/image.h); makes descriptors 0, 1 and 2 valid
 * (/dev/null where one was closed), so that no file of ours ever takes their place; and keeps this
 * process from being dumped or traced: prctl(2), PR_SET_DUMPABLE, which the exec of the command
 * undoes. Returns 0, or -1 with ERROR_SYSTEM. */
int process_setup(struct error *err);

/* Closes every descriptor above 2 but `kept` (-1: all of them). close_range(2), or, before Linux 5.9
 * and in some sandboxes, one by one. */
void process_close_all_but(int kept);

/* Has signal `number` sent to this process when its parent ends, prctl(2) PR_SET_PDEATHSIG, and at once
 * where that is no longer `parent`. It lasts through exec, and until a change of user.
 * Returns 0, or -1 with ERROR_SYSTEM. */
int process_follow_parent(int number, pid_t parent, struct error *err);
