/* Root creates the store's folder for the user that fernit then becomes (--user). */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* As root: creates the directory `path` for `uid` and `gid`, with the mode that store_make gives, if nothing
 * exists there and only root can create it (base/trusted.h). An existing one keeps its owner and mode. Missing
 * directories above it belong to root, mode 0755.
 *
 * The directory gets its name only when its owner is set and durable: mkdir under a temporary name, access
 * (base/access.h), fsync, renameat2 with RENAME_NOREPLACE. The temporary name contains uid, gid and mode. So two
 * starts at the same moment work on the same directory, and the next start completes one that a crash has left.
 *
 * Returns whether it created the directory. It reports no error: the user's own attempt will. */
bool store_make_for(const char *path, mode_t mode, uid_t uid, gid_t gid);
