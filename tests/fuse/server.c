/* A file system for the tests, with the faults that they ask for, in memory (tree.h).
 *
 *     server FOLDER [no-link] [no-noreplace] [one-mode=OCTAL] [no-chmod] [root-squash] [access-point=UID:GID] [also=FOLDER] [linger=MS]
 *         [shared-locks]
 *
 * access-point: as an access point of Amazon EFS, all that is made belongs to that uid and gid, and whoever asks may do what they
 * may. also: a second mount of the same files, whose locks are its own, as with Docker Desktop's two layers: what one of the
 * mounts locks the other one locks, too. linger: for so long a mount believes in a name that it has seen and the other one has
 * removed; to open it is EINVAL.
 *
 * It is mounted on FOLDER as long as standard input is open. Ready, it writes "ready"; after that it obeys lines, and answers
 * each with one:
 *
 *     cut N        the power fails at the Nth request from now on: that one and all after it get EIO, and change nothing; 0: never
 *     kill N       the process that makes the Nth request from now on is killed with SIGKILL, and that request changes nothing
 *     count        how many requests there were since it was last told something else
 *     boot MASK    power again: what was durable is there, and of the rest what MASK names (enum arrived). Unless the power has
 *                  failed it does now. May be asked again, with another mask, about the same power cut, until "cut" or "empty".
 *                  The answer is a mask: others than its parts make no difference.
 *     chowns       how many requests to change an owner or a group there were, ever
 *     give UID     all that is there belongs to that uid and its group, as what was made before there was an access point
 *     empty        everything is gone, also what had been durable
 *
 * Every request counts, those that only look, too; without linger the kernel keeps nothing that it could answer without asking.
 * Locks are the kernel's own: all who use a mount are on this machine. But it calls itself fuse.fernit, and fernit takes the locks of
 * a type that it does not know for locks that do not reach everybody; shared-locks: fuse.juicefs, which it knows. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"

enum { MOUNTS = 2 };

struct server {
    const char *folders[MOUNTS]; /* the second one may be NULL */
    struct fuse_session *sessions[MOUNTS];
    bool shares_locks; /* by its name */
    struct disk disk;
    struct tree *lost; /* as it was when the power failed; NULL: it has not */
};

/* The first number that no file has had. */
static uint64_t unused_number(const struct disk *disk)
{
    const struct tree *tree = disk->tree;
    return tree ? tree->first + tree->count : FUSE_ROOT_ID + 1;
}

static void begin_count(struct disk *disk, uint64_t cut)
{
    disk->requests = 0;
    disk->cut = cut;
    disk->kill = 0;
}

static void forget_lost(struct server *server)
{
    tree_free(server->lost);
    server->lost = NULL;
}

static void make_empty(struct server *server)
{
    struct disk *disk = &server->disk;
    uid_t owner = disk->access_point ? disk->owner : disk->root_squash ? DISK_NOBODY : getuid();
    gid_t group = disk->access_point ? disk->group : disk->root_squash ? DISK_NOBODY : getgid();
    struct tree *empty = tree_new(unused_number(disk), S_IFDIR | 0755, owner, group);
    forget_lost(server);
    tree_free(disk->tree);
    disk->tree = empty;
    begin_count(disk, 0);
}

/* Returns what may have arrived. */
static unsigned boot(struct server *server, unsigned arrived)
{
    struct disk *disk = &server->disk;
    uint64_t first = unused_number(disk);
    if (server->lost)
        tree_free(disk->tree);
    else
        server->lost = disk->tree;
    disk->tree = tree_after_power_cut(server->lost, first, arrived);
    begin_count(disk, 0);
    return tree_pending(server->lost);
}

static void give(const struct tree *tree, uint64_t owner)
{
    for (size_t i = 0; i < tree->count; i++) {
        tree->nodes[i]->content.owner = (uid_t)owner;
        tree->nodes[i]->content.group = (gid_t)owner;
    }
}

/* Returns 0, or -1: nobody is there any more. */
static int obey(struct server *server)
{
    struct disk *disk = &server->disk;
    char line[64];
    if (!fgets(line, sizeof line, stdin))
        return -1;
    uint64_t number = strtoull(line + strcspn(line, " \n"), NULL, 10);
    if (strncmp(line, "cut ", 4) == 0) {
        forget_lost(server);
        begin_count(disk, number);
    } else if (strncmp(line, "kill ", 5) == 0) {
        begin_count(disk, 0);
        disk->kill = number;
    } else if (strncmp(line, "boot ", 5) == 0)
        number = boot(server, (unsigned)number);
    else if (strncmp(line, "give ", 5) == 0)
        give(disk->tree, number);
    else if (strcmp(line, "empty\n") == 0)
        make_empty(server);
    else if (strcmp(line, "count\n") == 0)
        number = disk->requests;
    else if (strcmp(line, "chowns\n") == 0)
        number = disk->chowns;
    printf("%" PRIu64 "\n", number);
    return fflush(stdout);
}

/* Returns 0, or -1: it was unmounted. */
static int answer(struct fuse_session *session, struct fuse_buf *buffer)
{
    int size = fuse_session_receive_buf(session, buffer);
    if (size > 0)
        fuse_session_process_buf(session, buffer);
    return size > 0 || size == -EINTR ? 0 : -1;
}

/* One after the other, so that a cut at a certain request is always at the same one. */
static void serve(struct server *server)
{
    struct fuse_buf buffer = {0};
    struct pollfd ready[1 + MOUNTS] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    for (int i = 0; i < MOUNTS; i++)
        ready[1 + i] =
            (struct pollfd){.fd = server->sessions[i] ? fuse_session_fd(server->sessions[i]) : -1,
                            .events = POLLIN};
    bool ends = false;
    while (!ends && poll(ready, 1 + MOUNTS, -1) > 0) {
        ends = ready[0].revents && obey(server) < 0;
        for (int i = 0; i < MOUNTS && !ends; i++)
            ends = ready[1 + i].revents && answer(server->sessions[i], &buffer) < 0;
    }
    free(buffer.mem);
}

static const char *value(const char *word, const char *name)
{
    size_t length = strlen(name);
    return strncmp(word, name, length) == 0 ? word + length : NULL;
}

static void set_access_point(struct disk *disk, const char *text)
{
    char *rest;
    disk->access_point = true;
    disk->owner = (uid_t)strtoul(text, &rest, 10);
    disk->group = (gid_t)strtoul(rest + (*rest == ':'), NULL, 10);
}

static int read_switch(struct server *server, const char *word)
{
    struct disk *disk = &server->disk;
    if (strcmp(word, "no-link") == 0)
        disk->no_link = true;
    else if (strcmp(word, "no-noreplace") == 0)
        disk->no_noreplace = true;
    else if (strcmp(word, "no-chmod") == 0)
        disk->no_chmod = true;
    else if (strcmp(word, "root-squash") == 0)
        disk->root_squash = true;
    else if (strcmp(word, "shared-locks") == 0)
        server->shares_locks = true;
    else if (value(word, "one-mode="))
        disk->one_mode = (mode_t)strtoul(value(word, "one-mode="), NULL, 8) & 0777;
    else if (value(word, "access-point="))
        set_access_point(disk, value(word, "access-point="));
    else if (value(word, "also="))
        server->folders[1] = value(word, "also=");
    else if (value(word, "linger="))
        disk->linger = strtod(value(word, "linger="), NULL) / 1000;
    else {
        fprintf(stderr, "server: unknown switch \"%s\"\n", word);
        return -1;
    }
    return 0;
}

static void unmount(struct server *server)
{
    for (int i = 0; i < MOUNTS; i++) {
        if (!server->sessions[i])
            continue;
        fuse_session_unmount(server->sessions[i]);
        fuse_session_destroy(server->sessions[i]);
    }
}

/* Root may let others in; who has to ask fusermount3 may not. An access point judges for itself who may do what. */
static struct fuse_session *mount_on(struct server *server, const char *folder)
{
    const struct disk *disk = &server->disk;
    char *words[] = {"server",
                     server->shares_locks ? "-ofsname=fernit-test,subtype=juicefs"
                                          : "-ofsname=fernit-test,subtype=fernit",
                     disk->access_point ? "-orw" : "-odefault_permissions",
                     geteuid() == 0 ? "-oallow_other" : "-orw"};
    struct fuse_args arguments = FUSE_ARGS_INIT(4, words);
    struct fuse_session *session =
        fuse_session_new(&arguments, &disk_operations, sizeof disk_operations, &server->disk);
    fuse_opt_free_args(&arguments);
    if (session && fuse_session_mount(session, folder) == 0)
        return session;
    fprintf(stderr, "server: cannot mount on %s\n", folder);
    if (session)
        fuse_session_destroy(session);
    return NULL;
}

static int mount_and_serve(struct server *server)
{
    for (int i = 0; i < MOUNTS && server->folders[i]; i++) {
        server->sessions[i] = mount_on(server, server->folders[i]);
        if (!server->sessions[i]) {
            unmount(server);
            return 1;
        }
    }
    puts("ready");
    fflush(stdout);
    serve(server);
    unmount(server);
    return 0;
}

int main(int argc, char **argv)
{
    struct server server = {0};
    for (int i = 2; i < argc; i++)
        if (read_switch(&server, argv[i]) < 0)
            return 2;
    if (argc < 2) {
        fprintf(stderr, "usage: server FOLDER [SWITCH...]\n");
        return 2;
    }
    server.folders[0] = argv[1];
    make_empty(&server);
    int status = mount_and_serve(&server);
    forget_lost(&server);
    tree_free(server.disk.tree);
    return status;
}
