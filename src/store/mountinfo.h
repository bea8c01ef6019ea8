/* The mount on which a path lies, from the text of /proc/self/mountinfo. proc_pid_mountinfo(5)
 *
 * A line is `id parent major:minor root point options [optional...] - type source options`. Blanks, tabs, newlines
 * and backslashes in a field are escaped as \040 and the like. Lines of another form are ignored.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/lines.h"

/* One line. The fields point into the text and are still escaped. */
struct mount {
    unsigned long id;
    unsigned long parent;
    struct span root;          /* the directory of the file system that is mounted */
    struct span point;         /* the mount point */
    struct span options;       /* of this mount */
    struct span type;          /* "ext4", "fuse.sshfs" */
    struct span source;        /* may be empty */
    struct span super_options; /* of the file system, for all its mounts */
};

/* Finds the mount of an absolute path without links, in any order of the lines. Follows the kernel's walk: from
 * the first mount to the child mount nearest to the root, and so on. So the topmost of stacked mounts is found,
 * and a mount that a later one hides is not.
 *
 * Returns whether there is one: not in a chroot, and not if more than 128 mounts are stacked. */
bool mount_find(const char *mountinfo, size_t length, const char *path, struct mount *mount);

/* Whether the list "a,b=c,d" has `option`. */
bool mount_has(struct span options, const char *option);

/* The value of "name=value" in such a list; empty if it is not there. */
struct span mount_value(struct span options, const char *name);

/* Writes the unescaped field, cut to `size` bytes with its NUL. */
void mount_text(struct span field, char *text, size_t size);
