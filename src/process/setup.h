/* What a process that handles keys does first. */
#pragma once

struct error;

/* Makes what the loader has relocated read-only, which musl's start of a static program leaves undone
 * (elf(5), PT_GNU_RELRO); makes descriptors 0, 1 and 2 valid (/dev/null where one was closed), so that no file of ours ever
 * takes their place, and keeps this process from being dumped or traced: prctl(2), PR_SET_DUMPABLE,
 * which the exec of the command undoes. Returns 0, or -1 with ERROR_SYSTEM. */
int process_setup(struct error *err);
