/* The mount on which a path lies, from the text of /proc/self/mountinfo. proc_pid_mountinfo(5)
 *
 * A line is `id parent major:minor root point options [optional...] - type source options`, with blanks,
 * tabs, newlines and backslashes in a field as \040 and the like. Lines that are not so are passed over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/lines.h"

/* One line. The fields are parts of the text, escaped as they stand there. */
struct mount {
    unsigned long id;
    unsigned long parent;
    struct span root;          /* which directory of the file system is mounted */
    struct span point;         /* where */
    struct span options;       /* of this mount */
    struct span type;          /* "ext4", "fuse.sshfs" */
    struct span source;        /* may be empty */
    struct span super_options; /* of the file system, for all its mounts */
};

/* The mount that an absolute path without links lies on. As the kernel walks: from the first mount down to
 * the one that stands on it nearest to the root, again and again. So the topmost of a stack counts, and a
 * mount below a directory that was itself mounted over later does not, in whatever order the lines stand.
 *
 * Returns whether there is one; not so in a chroot, and where more than 128 lie above each other. */
bool mount_find(const char *mountinfo, size_t length, const char *path, struct mount *mount);

/* Whether `option` is one of the list "a,b=c,d". */
bool mount_has(struct span options, const char *option);

/* The value of "name=value" in such a list; empty where it is not there. */
struct span mount_value(struct span options, const char *name);

/* The field as it was before it was escaped, cut to what fits, with a NUL. */
void mount_text(struct span field, char *text, size_t size);
