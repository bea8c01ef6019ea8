#include "tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct change {
    enum arrived kind;
    char text[TREE_NAME];
    char to[TREE_NAME]; /* ARRIVED_RENAMED */
    struct node *node;
};

/* Room for `count` of them. */
static void *resized(void *list, size_t count, size_t size)
{
    void *room = reallocarray(list, count ? count : 1, size);
    if (!room) {
        perror("fuse: memory");
        exit(1);
    }
    return room;
}

static void set_text(char to[TREE_NAME], const char *text)
{
    snprintf(to, TREE_NAME, "%s", text);
}

/* --- Names */

static struct name *find(const struct names *names, const char *text)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->list[i].text, text) == 0)
            return &names->list[i];
    return NULL;
}

static void drop(struct names *names, const char *text)
{
    struct name *name = find(names, text);
    if (!name)
        return;
    size_t after = names->count - (size_t)(name - names->list) - 1;
    memmove(name, name + 1, after * sizeof *name);
    names->count--;
}

static void put(struct names *names, const char *text, struct node *node, uint64_t place)
{
    drop(names, text);
    names->list = resized(names->list, names->count + 1, sizeof *names->list);
    struct name *name = &names->list[names->count++];
    set_text(name->text, text);
    name->node = node;
    name->place = place;
}

static void copy_names(struct names *to, const struct names *from)
{
    to->list = resized(to->list, from->count, sizeof *to->list);
    to->count = from->count;
    if (from->count)
        memcpy(to->list, from->list, from->count * sizeof *to->list);
}

static void note(struct node *folder, enum arrived kind, const char *text, const char *to,
                 struct node *node)
{
    size_t count = ++folder->change_count;
    folder->changes = resized(folder->changes, count, sizeof *folder->changes);
    struct change *change = &folder->changes[count - 1];
    *change = (struct change){.kind = kind, .node = node};
    set_text(change->text, text);
    set_text(change->to, to);
    node_touch(folder);
    folder->modified = folder->changed;
}

/* --- Files and folders */

static void copy_content(struct content *to, const struct content *from)
{
    char *bytes = resized(to->bytes, from->size, 1);
    if (from->size)
        memcpy(bytes, from->bytes, from->size);
    *to = *from;
    to->bytes = bytes;
}

static void node_free(struct node *node)
{
    free(node->content.bytes);
    free(node->kept_content.bytes);
    free(node->names.list);
    free(node->kept_names.list);
    free(node->changes);
    free(node);
}

void node_touch(struct node *node)
{
    clock_gettime(CLOCK_REALTIME, &node->changed);
}

void node_resize(struct node *node, size_t size)
{
    struct content *content = &node->content;
    content->bytes = resized(content->bytes, size, 1);
    if (size > content->size)
        memset(content->bytes + content->size, 0, size - content->size);
    content->size = size;
    node_touch(node);
    node->modified = node->changed;
}

void node_write(struct node *node, const char *bytes, size_t size, size_t offset)
{
    size_t end = offset + size;
    node_resize(node, end > node->content.size ? end : node->content.size);
    memcpy(node->content.bytes + offset, bytes, size);
}

void node_keep(struct node *node)
{
    copy_content(&node->kept_content, &node->content);
    copy_names(&node->kept_names, &node->names);
    node->change_count = 0;
}

/* --- The tree */

struct node *tree_make(struct tree *tree, mode_t mode, uid_t owner, gid_t group)
{
    struct node *node = resized(NULL, 1, sizeof *node);
    *node = (struct node){
        .number = tree->first + tree->count,
        .content = {.mode = mode, .owner = owner, .group = group},
        .kept_content = {.mode = mode, .owner = owner, .group = group},
    };
    node->inode = node->number;
    node_touch(node);
    node->modified = node->changed;
    tree->nodes = resized(tree->nodes, tree->count + 1, sizeof(struct node *));
    tree->nodes[tree->count++] = node;
    return node;
}

struct tree *tree_new(uint64_t first, mode_t mode, uid_t owner, gid_t group)
{
    struct tree *tree = resized(NULL, 1, sizeof *tree);
    *tree = (struct tree){.first = first};
    tree->root = tree_make(tree, mode, owner, group);
    return tree;
}

void tree_free(struct tree *tree)
{
    if (!tree)
        return;
    for (size_t i = 0; i < tree->count; i++)
        node_free(tree->nodes[i]);
    free(tree->nodes);
    free(tree);
}

struct node *tree_node(const struct tree *tree, uint64_t number)
{
    bool ours = number >= tree->first && number - tree->first < tree->count;
    return ours ? tree->nodes[number - tree->first] : NULL;
}

struct node *tree_find(const struct node *folder, const char *text)
{
    struct name *name = find(&folder->names, text);
    return name ? name->node : NULL;
}

void tree_add(struct tree *tree, struct node *folder, const char *text, struct node *node)
{
    put(&folder->names, text, node, ++tree->places);
    node->links++;
    node_touch(node);
    note(folder, ARRIVED_MADE, text, "", node);
}

void tree_remove(struct node *folder, const char *text)
{
    struct node *node = tree_find(folder, text);
    drop(&folder->names, text);
    node->links--;
    node_touch(node);
    note(folder, ARRIVED_REMOVED, text, "", node);
}

void tree_rename(struct tree *tree, struct node *folder, const char *from, const char *to)
{
    struct node *node = tree_find(folder, from);
    struct node *replaced = tree_find(folder, to);
    if (replaced == node)
        return;
    if (replaced)
        replaced->links--;
    drop(&folder->names, from);
    put(&folder->names, to, node, ++tree->places);
    node_touch(node);
    note(folder, ARRIVED_RENAMED, from, to, node);
}

/* --- The power cut */

static bool is_kept(const struct content *now, const struct content *kept)
{
    return now->size == kept->size && now->mode == kept->mode && now->owner == kept->owner &&
           now->group == kept->group &&
           (now->size == 0 || memcmp(now->bytes, kept->bytes, now->size) == 0);
}

unsigned tree_pending(const struct tree *tree)
{
    unsigned pending = 0;
    for (size_t i = 0; i < tree->count; i++) {
        const struct node *node = tree->nodes[i];
        for (size_t j = 0; j < node->change_count; j++)
            pending |= node->changes[j].kind;
        if (!is_kept(&node->content, &node->kept_content))
            pending |= ARRIVED_DATA;
    }
    return pending;
}

static void replay(struct names *names, const struct change *change)
{
    if (change->kind == ARRIVED_MADE)
        put(names, change->text, change->node, 0);
    else
        drop(names, change->text);
    if (change->kind == ARRIVED_RENAMED)
        put(names, change->to, change->node, 0);
}

static struct node *succeed(struct tree *tree, struct node *old, unsigned arrived);

static void succeed_names(struct tree *tree, struct node *folder, const struct node *old,
                          unsigned arrived)
{
    struct names names = {0};
    copy_names(&names, &old->kept_names);
    for (size_t i = 0; i < old->change_count; i++)
        if (old->changes[i].kind & arrived)
            replay(&names, &old->changes[i]);
    for (size_t i = 0; i < names.count; i++)
        tree_add(tree, folder, names.list[i].text, succeed(tree, names.list[i].node, arrived));
    free(names.list);
}

/* Once for each, whatever it has of names. */
static struct node *succeed(struct tree *tree, struct node *old, unsigned arrived)
{
    if (old->successor)
        return old->successor;
    const struct content *content = (arrived & ARRIVED_DATA) ? &old->content : &old->kept_content;
    struct node *node = tree_make(tree, content->mode, content->owner, content->group);
    old->successor = node;
    node->inode = old->inode;
    copy_content(&node->content, content);
    succeed_names(tree, node, old, arrived);
    node_keep(node);
    return node;
}

struct tree *tree_after_power_cut(const struct tree *tree, uint64_t first, unsigned arrived)
{
    struct tree *after = resized(NULL, 1, sizeof *after);
    *after = (struct tree){.first = first};
    for (size_t i = 0; i < tree->count; i++)
        tree->nodes[i]->successor = NULL;
    after->root = succeed(after, tree->root, arrived);
    return after;
}
