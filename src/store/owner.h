/* The store's directory and whose it is: made by root for the user that fernit will become, and
 * what to say where it is somebody else's. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "store/store.h"

struct error;

/* As root: makes the directory `path`, if there is nothing under that name and root alone can make
 * it (base/trusted.h), for `uid` and `gid`, with the mode that store_make gives. It comes under its
 * name only when it is theirs, durable: mkdir under a name beside it, its access (base/access.h), fsync,
 * renameat2 with RENAME_NOREPLACE. That other name says for whom it is, so that two that do this at
 * once work at the same directory, and one that a crash has left is finished by the next. What
 * exists keeps its owner and mode. Missing directories above it are root's, mode 0755.
 *
 * Returns whether it has made it. Why not is not said: the user's own attempt will tell. */
bool store_make_for(const char *path, mode_t mode, uid_t uid, gid_t gid);

/* Adds to an error of EACCES or EPERM that the directory, or the one it is to be made in, is not
 * ours, and how that is changed: by a chown of the directory and of fernit's own files in it, never
 * of what else may be there, nor of one that is the system's. Nothing to other errors. Returns -1. */
int store_advise_owner(const char *path, struct error *err);

/* What to do about an owner whom this user namespace does not map. Returns -1. */
int store_hint_unmapped(struct error *err);

/* The same of a file in the store that is not ours to read: an error of EACCES. Returns -1. */
int store_advise_file(const struct store *store, const char *name, struct error *err);
