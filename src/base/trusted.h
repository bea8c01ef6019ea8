/* Whether root may follow a path that an operator has named, although others live on the same disk.
 *
 * What root finds at a path somebody else may have planted there for root to read or to write,
 * unless nobody but root could have: every directory on the way and every symbolic link that is
 * followed belongs to root, and the directories can be written by root alone. One that others can
 * write will do where the entry in it is root's and the file system is mounted read-only: so kubelet
 * gives a secret's folder, mode 1777, to the container. That it is sticky is not enough: others can
 * move what is root's into it, out of a folder of their own. Where there is no entry it will not do.
 * Access control lists show in the group's bits.
 * path_resolution(7), inode(7) "S_ISVTX", acl(5), statvfs(3) "ST_RDONLY"
 */
#pragma once

#include <limits.h>

enum trusted {
    TRUSTED_NOT,     /* others could have a hand in it; also: it cannot be told */
    TRUSTED_THERE,   /* what is there was put there by root */
    TRUSTED_MISSING, /* nothing is there, and root alone can make it, for now */
};

/* Walks along `path` (a relative one from the working directory, which is walked to, as well), at
 * most 40 links, as Linux does. `resolved` is then the same place without links, "." and "..":
 * nobody but root can make it lead elsewhere, so that it may be opened (O_NOFOLLOW) or made. */
enum trusted trusted_path(const char *path, char resolved[PATH_MAX]);
