/* What the kernel asks of the file system, answered from a tree, with the faults that were asked for (server.c). */
#pragma once

/* libfuse wants to know which of its versions we mean. */
#define FUSE_USE_VERSION 312
#include <fuse3/fuse_lowlevel.h>

#include "tree.h"

/* Whose files root's are under root_squash. */
enum { DISK_NOBODY = 65534 };

struct disk {
    bool no_link;      /* link(2) is EPERM */
    bool no_noreplace; /* renameat2(2) with any flag is EINVAL */
    bool no_chmod;     /* chmod(2) is EPERM */
    bool root_squash;  /* what root makes is nobody's, and chown(2) is EPERM */
    mode_t one_mode;   /* the mode that everything shows; 0: each has its own */
    bool access_point; /* all is made and used by this one, whoever it is, and chown(2) is EPERM */
    uid_t owner;
    gid_t group;
    double
        linger; /* seconds for which a name that was looked up is believed, though another mount has removed it */

    struct tree *tree;
    uint64_t requests;
    uint64_t chowns; /* how many of them were for another owner or group */
    uint64_t cut;    /* this request and all after it get EIO, and change nothing; 0: none */
    uint64_t kill;   /* the process that makes this request is killed */
};

/* The user data of the session is the disk. */
extern const struct fuse_lowlevel_ops disk_operations;
