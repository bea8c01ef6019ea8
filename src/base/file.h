/* Files: reading one whole, writing one so that it survives a power cut. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/secret.h"

struct error;

enum { FILE_TEMPORARY_NAME = 128 }; /* bytes that a temporary's name takes at most */

/* Opens `name` (under `directory`, or AT_FDCWD) for reading with the extra flags, never waiting for
 * a writer of a FIFO, and fills *status. Messages call it `path`. Anything but a regular file is
 * ERROR_INPUT; ERROR_SYSTEM keeps errno, so that the caller can tell ENOENT.
 * Returns the descriptor, or -1. */
int file_open(int directory, const char *name, int flags, const char *path, struct stat *status,
              struct error *err);

/* Puts the whole of `fd`, at most `most` bytes, behind *text. `path` is for messages.
 * Returns 0, or -1 with ERROR_INPUT (larger) or ERROR_SYSTEM. */
int file_read(int fd, const char *path, size_t most, struct secret *text, struct error *err);

/* The same with what one read(2) gives, of at most `most` bytes: for a look at how it begins.
 * Returns 0, or -1 with ERROR_SYSTEM. */
int file_read_some(int fd, const char *path, size_t most, struct secret *text, struct error *err);

/* Writes all of it. Returns 0, or -1 with ERROR_SYSTEM. */
int file_write(int fd, const char *path, const void *bytes, size_t length, struct error *err);

/* A name that nothing else has: "<prefix><16 hex digits>". Returns 0, or -1 with ERROR_SYSTEM. */
int file_temporary_name(const char *prefix, char name[FILE_TEMPORARY_NAME], struct error *err);

/* A new file in `directory` under a name of its own, "<prefix><16 hex digits>", which is put into
 * `name`, mode 0600 less umask (base/access.h sets the right one), close-on-exec. Returns the descriptor, or -1 with ERROR_SYSTEM. */
int file_temporary(int directory, const char *prefix, char name[FILE_TEMPORARY_NAME],
                   struct error *err);

/* Whether it is such a name, to the letter: a user's own files have others. */
bool file_is_temporary(const char *name, const char *prefix);

/* Removes it where it is a regular file of ours, of root or of the folder's owner. */
void file_sweep(int directory, const char *name);

/* Gives a temporary its name, unless there is such a file, and empties `temporary`. Returns 0, or -1 with errno: EEXIST;
 * or one for which file_link_is_impossible, where the file system has no way to do that. */
int file_publish(int directory, char temporary[FILE_TEMPORARY_NAME], const char *name);

/* Calls visit(name, context) for each name in the directory, "." and ".." too; a name may be unlinked
 * meanwhile. Returns 0, or -1 with ERROR_SYSTEM. */
int file_list(int directory, void (*visit)(const char *name, void *context), void *context,
              struct error *err);

/* fsync(2) of a directory, so that the names in it are durable. File systems that do not know this
 * (EINVAL, EOPNOTSUPP, ENOSYS, EBADF) are taken at their word; EIO is not.
 * Returns 0, or -1 with ERROR_SYSTEM. */
int file_sync_directory(int directory, const char *path, struct error *err);

/* Makes the name of an open directory durable, and those of the directories above it up to its mount
 * point: the process that created them may have died before that. What we may not read is not ours.
 * Returns 0, or -1 with ERROR_SYSTEM. */
int file_sync_above(int directory, const char *path, struct error *err);

/* Makes the directory `path` and what is missing above it (0755 less umask); the last part gets
 * exactly `mode`, or 0755 less umask where mode is 0, and the new names are made durable. What root makes in a folder
 * of somebody else is his (base/access.h).
 * Returns 0 also where it exists, or -1: ERROR_SYSTEM, ERROR_REFUSED (it was exchanged meanwhile). */
int file_make_directory(const char *path, mode_t mode, struct error *err);

/* Gives a folder its name, unless there is something of that name. Returns whether it has; else errno: EEXIST. */
bool file_publish_folder(int parent, const char *temporary, const char *name);

/* Whether an open folder is the one that was just made in `parent`, for all that can be told: empty, and ours or, as
 * all is on an access point of EFS, the parent's owner's. The parent's owner may have put another empty one of ours
 * there, and then root gives him that. He gains nothing by it: only a folder that lies in his own can be put there (to
 * move one of root's from elsewhere takes the right to write to it, rename(2)), and he could remove that one, as it is
 * empty, and put his own in its place. Returns 0, or -1: ERROR_REFUSED (another one), ERROR_SYSTEM. */
int file_check_new_folder(int folder, const struct stat *parent, const char *path,
                          struct error *err);

/* Whether files can be made in the directory `path`, or it could be made: by its permissions and its mount. If not,
 * errno tells why. */
bool file_folder_is_writable(const char *path);

/* Why file_make_directory of what does not exist would fail, by the same; with its warning. Returns 0, or -1 with ERROR_SYSTEM. */
int file_make_directory_foresee(const char *path, mode_t mode, struct error *err);

/* Whether no user may write, replace or remove it, root included: chattr(1), "i". errno is EPERM then. */
bool file_is_immutable(int directory, const char *name);

/* Whether errnum says that linkat(2), or renameat2(2) with RENAME_NOREPLACE, cannot be had on this
 * file system at all, so that another way may be tried. */
bool file_link_is_impossible(int errnum);
bool file_noreplace_is_impossible(int errnum);
