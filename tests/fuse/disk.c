#include "disk.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 1 << 20 }; /* bytes of a file */

static struct disk *disk_of(fuse_req_t request)
{
    return fuse_req_userdata(request);
}

static void fail(fuse_req_t request, int error)
{
    fuse_reply_err(request, error);
}

static struct node *numbered(const struct disk *disk, fuse_ino_t number)
{
    return number == FUSE_ROOT_ID ? disk->tree->root : tree_node(disk->tree, number);
}

/* One more request. Returns what it is about, or NULL: it is answered. */
static struct node *begin(fuse_req_t request, fuse_ino_t number)
{
    struct disk *disk = disk_of(request);
    disk->requests++;
    bool deadly = disk->requests == disk->kill;
    bool dark = deadly || (disk->cut && disk->requests >= disk->cut);
    if (deadly)
        kill(fuse_req_ctx(request)->pid, SIGKILL);
    struct node *node = dark ? NULL : numbered(disk, number);
    if (!node)
        fail(request, dark ? EIO : ESTALE);
    return node;
}

static uid_t owner_of(fuse_req_t request)
{
    if (disk_of(request)->access_point)
        return disk_of(request)->owner;
    uid_t owner = fuse_req_ctx(request)->uid;
    return disk_of(request)->root_squash && owner == 0 ? DISK_NOBODY : owner;
}

static gid_t group_of(fuse_req_t request)
{
    if (disk_of(request)->access_point)
        return disk_of(request)->group;
    gid_t group = fuse_req_ctx(request)->gid;
    return disk_of(request)->root_squash && group == 0 ? DISK_NOBODY : group;
}

static struct stat attributes(const struct disk *disk, const struct node *node)
{
    const struct content *content = &node->content;
    mode_t mode = disk->one_mode ? disk->one_mode : content->mode & 07777;
    return (struct stat){
        .st_ino = node->inode,
        .st_mode = (content->mode & S_IFMT) | mode,
        .st_nlink = S_ISDIR(content->mode) ? 2 : node->links,
        .st_uid = content->owner,
        .st_gid = content->group,
        .st_size = (off_t)content->size,
        .st_blksize = 4096,
        .st_blocks = (blkcnt_t)(content->size + 511) / 512,
        .st_mtim = node->modified,
        .st_atim = node->modified,
        .st_ctim = node->changed,
    };
}

static struct fuse_entry_param entry(fuse_req_t request, const struct node *node)
{
    struct stat status = attributes(disk_of(request), node);
    return (struct fuse_entry_param){
        .ino = node->number, .attr = status, .entry_timeout = disk_of(request)->linger};
}

static void reply_entry(fuse_req_t request, const struct node *node)
{
    struct fuse_entry_param param = entry(request, node);
    fuse_reply_entry(request, &param);
}

static void reply_attributes(fuse_req_t request, const struct node *node)
{
    struct stat status = attributes(disk_of(request), node);
    fuse_reply_attr(request, &status, 0);
}

/* --- Names */

static void do_lookup(fuse_req_t request, fuse_ino_t number, const char *name)
{
    struct node *folder = begin(request, number);
    if (!folder)
        return;
    struct node *node = tree_find(folder, name);
    if (node)
        reply_entry(request, node);
    else
        fail(request, ENOENT);
}

/* A new file or folder under a new name; NULL: the request is answered. */
static struct node *make(fuse_req_t request, fuse_ino_t number, const char *name, mode_t mode)
{
    struct node *folder = begin(request, number);
    if (!folder)
        return NULL;
    bool too_long = strlen(name) >= TREE_NAME;
    if (too_long || tree_find(folder, name)) {
        fail(request, too_long ? ENAMETOOLONG : EEXIST);
        return NULL;
    }
    struct tree *tree = disk_of(request)->tree;
    struct node *node = tree_make(tree, mode, owner_of(request), group_of(request));
    tree_add(tree, folder, name, node);
    return node;
}

static void do_create(fuse_req_t request, fuse_ino_t number, const char *name, mode_t mode,
                      struct fuse_file_info *file)
{
    struct node *node = make(request, number, name, S_IFREG | (mode & 07777));
    if (!node)
        return;
    struct fuse_entry_param param = entry(request, node);
    fuse_reply_create(request, &param, file);
}

static void do_mkdir(fuse_req_t request, fuse_ino_t number, const char *name, mode_t mode)
{
    struct node *node = make(request, number, name, S_IFDIR | (mode & 07777));
    if (node)
        reply_entry(request, node);
}

static void do_link(fuse_req_t request, fuse_ino_t number, fuse_ino_t into, const char *name)
{
    struct node *node = begin(request, number);
    if (!node)
        return;
    struct disk *disk = disk_of(request);
    struct node *folder = numbered(disk, into);
    if (!folder)
        fail(request, ESTALE);
    else if (disk->no_link)
        fail(request, EPERM);
    else if (tree_find(folder, name))
        fail(request, EEXIST);
    else if (strlen(name) >= TREE_NAME)
        fail(request, ENAMETOOLONG);
    else {
        tree_add(disk->tree, folder, name, node);
        reply_entry(request, node);
    }
}

static int can_rename(const struct disk *disk, const struct node *folder, const char *from,
                      const char *to, unsigned flags)
{
    const struct node *node = tree_find(folder, from);
    const struct node *there = tree_find(folder, to);
    bool noreplace = flags == RENAME_NOREPLACE && !disk->no_noreplace;
    if (flags && !noreplace)
        return EINVAL;
    if (!node)
        return ENOENT;
    if (strlen(to) >= TREE_NAME)
        return ENAMETOOLONG;
    if (there && noreplace)
        return EEXIST;
    return there && there->names.count ? ENOTEMPTY : 0;
}

/* Between two folders: not known here, as between two file systems. */
static void do_rename(fuse_req_t request, fuse_ino_t number, const char *from, fuse_ino_t into,
                      const char *to, unsigned flags)
{
    struct node *folder = begin(request, number);
    if (!folder)
        return;
    struct disk *disk = disk_of(request);
    int error = number == into ? can_rename(disk, folder, from, to, flags) : EXDEV;
    if (!error)
        tree_rename(disk->tree, folder, from, to);
    fail(request, error);
}

static void do_unlink(fuse_req_t request, fuse_ino_t number, const char *name)
{
    struct node *folder = begin(request, number);
    if (!folder)
        return;
    const struct node *node = tree_find(folder, name);
    int error = !node ? ENOENT : node->names.count ? ENOTEMPTY : 0;
    if (!error)
        tree_remove(folder, name);
    fail(request, error);
}

static void do_readdir(fuse_req_t request, fuse_ino_t number, size_t size, off_t after,
                       struct fuse_file_info *file)
{
    (void)file;
    const struct node *folder = begin(request, number);
    if (!folder)
        return;
    char buffer[4096];
    size_t room = size < sizeof buffer ? size : sizeof buffer;
    size_t used = 0;
    for (size_t i = 0; i < folder->names.count; i++) {
        const struct name *name = &folder->names.list[i];
        if (name->place <= (uint64_t)after)
            continue;
        struct stat status = attributes(disk_of(request), name->node);
        size_t more = fuse_add_direntry(request, buffer + used, room - used, name->text, &status,
                                        (off_t)name->place);
        if (more > room - used)
            break;
        used += more;
    }
    fuse_reply_buf(request, buffer, used);
}

/* --- Files */

static void do_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file)
{
    (void)file;
    const struct node *node = begin(request, number);
    if (node)
        reply_attributes(request, node);
}

static int may_set(const struct disk *disk, const struct stat *wanted, int which)
{
    if ((which & FUSE_SET_ATTR_MODE) && disk->no_chmod)
        return EPERM;
    if ((which & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) &&
        (disk->root_squash || disk->access_point))
        return EPERM;
    return (which & FUSE_SET_ATTR_SIZE) && wanted->st_size > MOST ? ENOSPC : 0;
}

static void do_setattr(fuse_req_t request, fuse_ino_t number, struct stat *wanted, int which,
                       struct fuse_file_info *file)
{
    (void)file;
    struct node *node = begin(request, number);
    if (!node)
        return;
    disk_of(request)->chowns += (which & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) != 0;
    int error = may_set(disk_of(request), wanted, which);
    if (error) {
        fail(request, error);
        return;
    }
    struct content *content = &node->content;
    if (which & FUSE_SET_ATTR_SIZE)
        node_resize(node, (size_t)wanted->st_size);
    if (which & FUSE_SET_ATTR_MODE)
        content->mode = (content->mode & S_IFMT) | (wanted->st_mode & 07777);
    if (which & FUSE_SET_ATTR_UID)
        content->owner = wanted->st_uid;
    if (which & FUSE_SET_ATTR_GID)
        content->group = wanted->st_gid;
    node_touch(node);
    if (which & FUSE_SET_ATTR_MTIME)
        node->modified = (which & FUSE_SET_ATTR_MTIME_NOW) ? node->changed : wanted->st_mtim;
    reply_attributes(request, node);
}

static void do_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file)
{
    struct node *node = begin(request, number);
    if (!node)
        return;
    if (disk_of(request)->linger > 0 && node->links == 0 && !S_ISDIR(node->content.mode)) {
        fail(request, EINVAL);
        return;
    }
    if (file->flags & O_TRUNC)
        node_resize(node, 0);
    fuse_reply_open(request, file);
}

static void do_read(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
                    struct fuse_file_info *file)
{
    (void)file;
    const struct node *node = begin(request, number);
    if (!node)
        return;
    size_t from = (size_t)offset;
    size_t rest = from < node->content.size ? node->content.size - from : 0;
    fuse_reply_buf(request, rest ? node->content.bytes + from : NULL, rest < size ? rest : size);
}

static void do_write(fuse_req_t request, fuse_ino_t number, const char *bytes, size_t size,
                     off_t offset, struct fuse_file_info *file)
{
    (void)file;
    struct node *node = begin(request, number);
    if (!node)
        return;
    if (offset + (off_t)size > MOST) {
        fail(request, ENOSPC);
        return;
    }
    node_write(node, bytes, size, (size_t)offset);
    fuse_reply_write(request, size);
}

static void do_fsync(fuse_req_t request, fuse_ino_t number, int data_only,
                     struct fuse_file_info *file)
{
    (void)data_only;
    (void)file;
    struct node *node = begin(request, number);
    if (!node)
        return;
    node_keep(node);
    fail(request, 0);
}

static void do_statfs(fuse_req_t request, fuse_ino_t number)
{
    if (!begin(request, number))
        return;
    struct statvfs status = {.f_bsize = 4096,
                             .f_frsize = 4096,
                             .f_blocks = 4096,
                             .f_bfree = 4096,
                             .f_bavail = 4096,
                             .f_files = MOST,
                             .f_ffree = MOST,
                             .f_namemax = TREE_NAME - 1};
    fuse_reply_statfs(request, &status);
}

const struct fuse_lowlevel_ops disk_operations = {
    .lookup = do_lookup,
    .create = do_create,
    .mkdir = do_mkdir,
    .link = do_link,
    .rename = do_rename,
    .unlink = do_unlink,
    .rmdir = do_unlink,
    .opendir = do_open,
    .readdir = do_readdir,
    .fsyncdir = do_fsync,
    .getattr = do_getattr,
    .setattr = do_setattr,
    .open = do_open,
    .read = do_read,
    .write = do_write,
    .fsync = do_fsync,
    .statfs = do_statfs,
};
