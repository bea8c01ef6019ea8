/* The store's folder, created by root for the user that fernit then becomes (--user). */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* As root: makes the directory `path`, if there is nothing under that name and root alone can make
 * it (base/trusted.h), for `uid` and `gid`, with the mode that store_make gives. It comes under its
 * name only when it is theirs, durable: mkdir under a name beside it, its access (base/access.h), fsync,
 * renameat2 with RENAME_NOREPLACE. That other name says for whom it is, so that two that do this at
 * once work at the same directory, and one that a crash has left is finished by the next. What
 * exists keeps its owner and mode. Missing directories above it are root's, mode 0755.
 *
 * Returns whether it has made it. Why not is not said: the user's own attempt will tell. */
bool store_make_for(const char *path, mode_t mode, uid_t uid, gid_t gid);
