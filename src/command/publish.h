/* Putting a file into a folder that others read at the same time, run what is in it, or put files there themselves.
 *
 * The bytes are written to a file without a name (open(2), O_TMPFILE), or, where there are none, to ".fernit.tmp.<random>";
 * are made durable; and only then get the name, by rename(2), which takes it away from whatever had it: so everybody
 * finds the old file or the new one. It is open for writing no longer by then, or who runs it would be told "Text file
 * busy" (execve(2), ETXTBSY). A link in the way is replaced, not followed.
 *
 * A crash may leave a temporary behind. Whoever puts a file there shares a lock on the folder (flock(2)), so that one who
 * gets it alone knows that all temporaries are left over. Nothing ever waits for the lock, and nothing relies on it: a
 * temporary that was swept too early, from another host for one, is made again.
 */
#pragma once

#include <sys/types.h>

struct error;

/* Opens the folder and shares its lock; makes it first, and what is missing above it, 0755 less umask.
 * Returns the descriptor, or -1 with ERROR_SYSTEM. */
int publish_open(const char *folder, struct error *err);

enum published {
    PUBLISHED_ALREADY, /* a file of the same bytes and mode was there: nothing was done */
    PUBLISHED_NOW,     /* and its name is durable */
};

/* Copies the file `source`, open for reading, to `name` in the folder, where its mode is exactly `mode`, if the file system
 * has modes. `path` is what messages call it.
 * Returns one of enum published, or -1 with ERROR_SYSTEM, ERROR_INPUT, ERROR_REFUSED: the old file is there then, and nothing else. */
int publish_copy(int folder, const char *name, const char *path, int source, mode_t mode,
                 struct error *err);

/* Gives the lock back; whoever is the last to do so removes the temporaries that were left behind. */
void publish_sweep(int folder);
