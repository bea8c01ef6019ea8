/* Hints for a store, or a file in it, that another user owns. */
#pragma once

struct error;

/* If the error is EACCES or EPERM: adds hints that another user owns the directory `path`, or the one in which it
 * is to be created, and how to change that. The command is a chown of the directory and of fernit's own files in
 * it, never of other files or of a system directory. Returns -1. */
int store_advise_owner(const char *path, struct error *err);

/* Adds hints for an owner that this user namespace does not map. Returns -1. */
int store_hint_unmapped(struct error *err);

/* As store_advise_owner, for a file in the store `path` (open as `directory`) that this user may not read: EACCES. */
int store_advise_file(int directory, const char *path, const char *name, struct error *err);
