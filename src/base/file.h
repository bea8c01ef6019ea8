/* Files: reading a whole file, writing one so that it survives a power cut. Folders: creating them
 * (file_folder.c). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/secret.h"

struct error;

enum { FILE_TEMPORARY_NAME = 128 }; /* bytes for the name of a temporary file */

/* Opens `name` (under `directory`, or AT_FDCWD) for reading, with the extra flags, and fills *status. Does not
 * wait for the writer of a FIFO. Messages show `path`.
 * Returns the descriptor, or -1: ERROR_INPUT for anything but a regular file; ERROR_SYSTEM, whose errno tells
 * ENOENT. */
int file_open(int directory, const char *name, int flags, const char *path, struct stat *status,
              struct error *err);

/* Appends the whole of `fd`, at most `most` bytes, to *text. Messages show `path`.
 * Returns 0, or -1 with ERROR_INPUT (larger) or ERROR_SYSTEM. */
int file_read(int fd, const char *path, size_t most, struct secret *text, struct error *err);

/* Appends what one read(2) of at most `most` bytes returns: to read a file piece by piece.
 * Returns 0, or -1 with ERROR_SYSTEM. */
int file_read_some(int fd, const char *path, size_t most, struct secret *text, struct error *err);

/* Writes all bytes. Returns 0, or -1 with ERROR_SYSTEM. */
int file_write(int fd, const char *path, const void *bytes, size_t length, struct error *err);

/* A random name, "<prefix><16 hex digits>". Returns 0, or -1 with ERROR_SYSTEM. */
int file_temporary_name(const char *prefix, char name[FILE_TEMPORARY_NAME], struct error *err);

/* Creates a file in `directory` under such a name, which is put into `name`. Its mode is 0600 less umask
 * (base/access.h sets the final one), it is close-on-exec. Returns the descriptor, or -1 with ERROR_SYSTEM. */
int file_temporary(int directory, const char *prefix, char name[FILE_TEMPORARY_NAME],
                   struct error *err);

/* Whether `name` is exactly "<prefix><16 hex digits>", so that no file of a user is taken for a temporary one. */
bool file_is_temporary(const char *name, const char *prefix);

/* Removes a file that a crash has left, if it is a regular file owned by this user, by root or by the folder's
 * owner. */
void file_sweep(int directory, const char *name);

/* Renames a temporary file to `name`, unless `name` exists, and empties `temporary`. Returns 0, or -1 with errno:
 * EEXIST, or one for which file_link_is_impossible, where the file system has no way to do this. */
int file_publish(int directory, char temporary[FILE_TEMPORARY_NAME], const char *name);

/* Calls visit(name, context) for each name in the directory, "." and ".." included. visit may unlink the name.
 * Returns 0, or -1 with ERROR_SYSTEM. */
int file_list(int directory, void (*visit)(const char *name, void *context), void *context,
              struct error *err);

/* fsync(2) of a directory, so that the names in it are durable. A file system that does not support this (EINVAL,
 * EOPNOTSUPP, ENOSYS, EBADF) is no error; EIO is. Returns 0, or -1 with ERROR_SYSTEM. */
int file_sync_directory(int directory, const char *path, struct error *err);

/* Makes the name of an open directory durable, and the names of the directories above it up to its mount point: the
 * process that created them may have died before it did so. Stops at a directory that this user may not read.
 * Returns 0, or -1 with ERROR_SYSTEM. */
int file_sync_above(int directory, const char *path, struct error *err);

/* Creates the directory `path` with `mode` (0: 0755 less umask), and the missing ones above it (0755 less umask).
 * The new names are durable. A directory that root creates in another user's folder belongs to that user
 * (base/access.h). Returns 0, also where the directory exists; or -1: ERROR_SYSTEM, ERROR_REFUSED (another process
 * replaced it meanwhile). */
int file_make_directory(const char *path, mode_t mode, struct error *err);

/* Renames a folder to `name`, unless `name` exists. Returns whether it did; else errno: EEXIST. */
bool file_publish_folder(int parent, const char *temporary, const char *name);

/* Checks that the open folder is the one that was just created in `parent`, as far as this can be told: it is
 * empty, and owned by this user or, as on an access point of Amazon EFS, by the parent's owner.
 *
 * The parent's owner can put another empty folder of root's there, and root would then give it to him. He gains
 * nothing by it: he can only move a folder that already lies in one of his own, rename(2), and he could remove
 * that folder and create his own instead. Returns 0, or -1: ERROR_REFUSED (another folder), ERROR_SYSTEM. */
int file_check_new_folder(int folder, const struct stat *parent, const char *path,
                          struct error *err);

/* Whether permissions and mount allow to create files in the directory `path`, or to create the directory itself.
 * If not, errno tells why. */
bool file_folder_is_writable(const char *path);

/* Predicts whether file_make_directory would create the missing `path`, with its errors and its warning. Creates
 * nothing. Returns 0, or -1 with ERROR_SYSTEM. */
int file_make_directory_foresee(const char *path, mode_t mode, struct error *err);

/* Whether no user, root included, may write, replace or remove the file: chattr(1), "i". errno is EPERM then. */
bool file_is_immutable(int directory, const char *name);

/* Whether errnum says that this file system does not support linkat(2), or renameat2(2) with RENAME_NOREPLACE, so
 * that the caller may try another way. */
bool file_link_is_impossible(int errnum);
bool file_noreplace_is_impossible(int errnum);
