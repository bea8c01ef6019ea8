/* Files and folders in memory, and beside each of them what a power cut would have left of it.
 *
 * POSIX promises as little as this: data, size, mode and owner of a file last from an fsync of the file on; a name that was made,
 * removed or changed lasts from an fsync of its folder on. What comes after that may have arrived or not, each kind of change for
 * itself: a name may arrive without the data behind it. One thing is promised more, that a rename is done whole or not at all.
 *
 * Numbers of files are never used twice, also not by the tree that comes after a power cut: whoever still has one open from
 * before is told so. Without memory the program ends. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum { TREE_NAME = 128 };

/* What may have arrived though nobody waited for it: a sum of these. */
enum arrived {
    ARRIVED_MADE = 1,    /* new names: create, link, mkdir */
    ARRIVED_REMOVED = 2, /* names that were taken away: unlink, rmdir */
    ARRIVED_RENAMED = 4,
    ARRIVED_DATA = 8, /* data, size, mode, owner */
};

struct content {
    char *bytes;
    size_t size;
    mode_t mode;
    uid_t owner;
    gid_t group;
};

struct name {
    char text[TREE_NAME];
    struct node *node;
    uint64_t
        place; /* grows, so that a reader of the folder goes on where it was whatever comes and goes */
};

struct names {
    struct name *list;
    size_t count;
};

struct change; /* of a name, since the last fsync of its folder */

struct node {
    uint64_t number;
    uint64_t inode; /* what programs see as its number: the same after a power cut */
    nlink_t links;
    struct timespec modified, changed;
    struct content content, kept_content;
    struct names names, kept_names; /* of a folder */
    struct change *changes;
    size_t change_count;
    struct node *successor; /* in the tree after the power cut */
};

struct tree {
    struct node *root;
    struct node **nodes;
    size_t count;
    uint64_t first; /* number of nodes[0], which is the root */
    uint64_t places;
};

/* A tree that is nothing but its root. */
struct tree *tree_new(uint64_t first, mode_t mode, uid_t owner, gid_t group);
void tree_free(struct tree *tree);

/* The one with this number, also if it has no name any more; NULL: it is of another tree. */
struct node *tree_node(const struct tree *tree, uint64_t number);

/* A file or folder that is empty and has no name yet. */
struct node *tree_make(struct tree *tree, mode_t mode, uid_t owner, gid_t group);

/* NULL: there is no such name. */
struct node *tree_find(const struct node *folder, const char *text);

/* The name must be free; shorter than TREE_NAME. */
void tree_add(struct tree *tree, struct node *folder, const char *text, struct node *node);

/* The name must be there. */
void tree_remove(struct node *folder, const char *text);

/* In one folder; what `to` was a name of loses it. */
void tree_rename(struct tree *tree, struct node *folder, const char *from, const char *to);

void node_resize(struct node *node, size_t size);
void node_write(struct node *node, const char *bytes, size_t size, size_t offset);

/* Whatever else was changed about it. */
void node_touch(struct node *node);

/* fsync(2). */
void node_keep(struct node *node);

/* Which kinds of change nobody has waited for yet: a sum of enum arrived. */
unsigned tree_pending(const struct tree *tree);

/* What there is after a power cut, and lasts: what was kept, and `arrived` of the rest. The tree stays as it is. */
struct tree *tree_after_power_cut(const struct tree *tree, uint64_t first, unsigned arrived);
