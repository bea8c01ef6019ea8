/* Copies a file into a folder where other processes may run the old file, or install the same one, at the same time.
 *
 * The bytes go to a file without a name (open(2), O_TMPFILE), or, if the file system has none, to ".fernit.tmp.<random>".
 * They are made durable first; then rename(2) gives them the name. So every reader finds either the old file or the new
 * one. The new file is closed before it gets its name, because a program that is open for writing cannot be executed
 * (execve(2), ETXTBSY). If the name is a symbolic link, the link is replaced, not its target.
 *
 * A crash may leave a temporary file. Each install has a shared lock on the folder (flock(2)); the one that can
 * make it exclusive is alone, and removes all temporary files. No install waits for this lock or depends on it: if
 * another host, which does not see the lock, removes a temporary file too early, the copy starts again.
 */
#pragma once

#include <sys/types.h>

struct error;

/* Opens the folder and takes the shared lock. Creates the folder and its parents if missing, mode 0755 less umask.
 * Returns the descriptor, or -1 with ERROR_SYSTEM. */
int install_open_folder(const char *folder, struct error *err);

enum installed {
    INSTALLED_ALREADY, /* the same bytes with the same mode were there: nothing was written */
    INSTALLED_NOW,     /* bytes and name are durable */
};

/* Copies the file `source`, open for reading, to `name` in the folder, with exactly this mode if the file system has
 * modes. `path` is the name for messages.
 * Returns one of enum installed, or -1 with ERROR_SYSTEM, ERROR_INPUT, ERROR_REFUSED: then the old file is still there. */
int install_file(int folder, const char *name, const char *path, int source, mode_t mode,
                 struct error *err);

/* Removes the temporary files of crashed installs, unless another install is running. The lock ends when the caller closes
 * the folder. */
void install_sweep(int folder);
