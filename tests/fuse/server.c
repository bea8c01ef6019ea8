/* A file system for the tests, with the faults that they ask for, in memory (tree.h).
 *
 *     server FOLDER [no-link] [no-noreplace] [one-mode=OCTAL] [no-chmod] [root-squash]
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
 *     empty        everything is gone, also what had been durable
 *
 * Every request counts, those that only look, too; the kernel keeps nothing that it could answer without asking. Locks are the
 * kernel's own: all who use the mount are on this machine. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"

struct server {
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
    struct tree *empty =
        tree_new(unused_number(disk), S_IFDIR | 0755, disk->root_squash ? DISK_NOBODY : getuid(),
                 disk->root_squash ? DISK_NOBODY : getgid());
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
    else if (strcmp(line, "empty\n") == 0)
        make_empty(server);
    else if (strcmp(line, "count\n") == 0)
        number = disk->requests;
    printf("%" PRIu64 "\n", number);
    return fflush(stdout);
}

/* One after the other, so that a cut at a certain request is always at the same one. */
static void serve(struct server *server, struct fuse_session *session)
{
    struct pollfd ready[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                             {.fd = fuse_session_fd(session), .events = POLLIN}};
    struct fuse_buf buffer = {0};
    while (!fuse_session_exited(session) && poll(ready, 2, -1) > 0) {
        if (ready[0].revents && obey(server) < 0)
            break;
        if (!ready[1].revents)
            continue;
        int size = fuse_session_receive_buf(session, &buffer);
        if (size > 0)
            fuse_session_process_buf(session, &buffer);
        else if (size != -EINTR)
            break;
    }
    free(buffer.mem);
}

static int read_switch(struct disk *disk, const char *word)
{
    static const char one_mode[] = "one-mode=";
    if (strcmp(word, "no-link") == 0)
        disk->no_link = true;
    else if (strcmp(word, "no-noreplace") == 0)
        disk->no_noreplace = true;
    else if (strcmp(word, "no-chmod") == 0)
        disk->no_chmod = true;
    else if (strcmp(word, "root-squash") == 0)
        disk->root_squash = true;
    else if (strncmp(word, one_mode, strlen(one_mode)) == 0)
        disk->one_mode = (mode_t)strtoul(word + strlen(one_mode), NULL, 8) & 0777;
    else {
        fprintf(stderr, "server: unknown switch \"%s\"\n", word);
        return -1;
    }
    return 0;
}

/* Root may let others in; who has to ask fusermount3 may not. */
static int mount_and_serve(struct server *server, const char *folder)
{
    char *words[] = {"server", "-o", "default_permissions,fsname=fernit-test,subtype=fernit",
                     geteuid() == 0 ? "-oallow_other" : "-orw"};
    struct fuse_args arguments = FUSE_ARGS_INIT(4, words);
    struct fuse_session *session =
        fuse_session_new(&arguments, &disk_operations, sizeof disk_operations, &server->disk);
    if (!session || fuse_session_mount(session, folder) < 0) {
        fprintf(stderr, "server: cannot mount on %s\n", folder);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    serve(server, session);
    fuse_session_unmount(session);
    fuse_session_destroy(session);
    fuse_opt_free_args(&arguments);
    return 0;
}

int main(int argc, char **argv)
{
    struct server server = {0};
    for (int i = 2; i < argc; i++)
        if (read_switch(&server.disk, argv[i]) < 0)
            return 2;
    if (argc < 2) {
        fprintf(stderr, "usage: server FOLDER [SWITCH...]\n");
        return 2;
    }
    make_empty(&server);
    int status = mount_and_serve(&server, argv[1]);
    forget_lost(&server);
    tree_free(server.disk.tree);
    return status;
}
