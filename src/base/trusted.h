/* Whether root may follow a path that an operator named, although other users can write to the same file system.
 *
 * Another user may have put a file or link there to make root read or write it. A path is trusted only if nobody
 * but root could have: root owns every directory on the path and every symbolic link that is followed, and only
 * root may write those directories.
 *
 * A directory that others may write is accepted if root owns the next entry and the file system is mounted
 * read-only: kubelet gives a secret's folder, mode 1777, to the container in this way. The sticky bit is not
 * enough, because a user can move root's files from his own folder into it. An entry that is missing there is not
 * trusted. Access control lists show in the group bits.
 * path_resolution(7), inode(7) "S_ISVTX", acl(5), statvfs(3) "ST_RDONLY"
 */
#pragma once

#include <limits.h>

enum trusted {
    TRUSTED_NOT,     /* other users could have changed it, or this cannot be told */
    TRUSTED_THERE,   /* root put there what is there */
    TRUSTED_MISSING, /* nothing is there, and only root can create it now */
};

/* Walks along `path` (a relative one from the working directory, which is walked to as well), through at most 40
 * links, as Linux does. `resolved` is then the same path without links, "." and "..". Only root can change where
 * it leads, so the caller may open it (O_NOFOLLOW) or create it. */
enum trusted trusted_path(const char *path, char resolved[PATH_MAX]);
