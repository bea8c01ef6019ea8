/* What to do where the store or a file in it belongs to another user. */
#pragma once

struct error;

/* Adds to an error of EACCES or EPERM that the directory, or the one it is to be made in, is not
 * ours, and how that is changed: by a chown of the directory and of fernit's own files in it, never
 * of what else may be there, nor of one that is the system's. Nothing to other errors. Returns -1. */
int store_advise_owner(const char *path, struct error *err);

/* What to do about an owner whom this user namespace does not map. Returns -1. */
int store_hint_unmapped(struct error *err);

/* The same of a file in the store `path`, open as `directory`, that is not ours to read: an error of EACCES. Returns -1. */
int store_advise_file(int directory, const char *path, const char *name, struct error *err);
