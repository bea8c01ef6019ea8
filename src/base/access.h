/* Who may use a file or a folder that fernit creates.
 *
 * One rule for all of them. What replaces a file gets that file's mode, owner, group and ACL (acl(5)), or less,
 * never more. What is new gets a mode; where root creates it, it belongs to the owner and group of its folder,
 * for whom root acts. A folder that has inherited the set-group-ID bit keeps it.
 *
 * The descriptor is always of an inode that the caller has just created itself (O_EXCL, mkdirat(2)) and that is
 * still empty, so root never changes the owner of anything else. The order is group, ACL, mode, owner: each step
 * is taken while the inode is ours, since root without CAP_FOWNER could not take it later, and at no moment
 * has anybody more than at the end. The text is written afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct error;

enum { ACCESS_ACL = 1024 }; /* bytes of an ACL as the kernel gives it: 127 entries */

struct access {
    mode_t mode; /* of 0777; with an ACL its group bits are the mask */
    uid_t uid;   /* (uid_t)-1: who creates it */
    gid_t gid;   /* (gid_t)-1: as it comes */
    bool replaces;
    bool is_folder;
    bool must_open;    /* this process has to open it afterwards */
    size_t acl_length; /* 0: none */
    unsigned char acl[ACCESS_ACL];
};

/* Whether the owner or group that stat(2) shows may be anybody whom this user namespace does not map: all of them show as one
  * id, that of "nobody", so that two ids that look alike need not be the same. user_namespaces(7), "Unmapped user and group IDs" */
bool access_is_unmapped_uid(uid_t uid);
bool access_is_unmapped_gid(gid_t gid);

/* Whether the group is the effective one of this process, or one of its others. */
bool access_is_our_group(gid_t group);

/* Whether `fd` is on a file system that may show one mode for all its files, whatever was asked for. */
bool access_has_one_mode(int fd);

/* Whether the file `fd`, which is to replace `like`, was written by a user who may write `like` anyway: its owner is this user,
 * root or the owner of `like`, and no other user may write it. The group may, where it is that of `like` and may write that.
 * A file system with one mode for all files is accepted, if `fd` is not -1. Returns 0, or -1 with ERROR_REFUSED. */
int access_check_like(int fd, const struct stat *status, const struct stat *like, const char *path,
                      struct error *err);

/* What a new file of `mode` in `folder` is to have. */
void access_new(const struct stat *folder, mode_t mode, struct access *access);

/* What a file is to have that replaces `name` in `directory`. Without rights to read its ACL, the mode is its owner's
 * part alone. Returns 0, or -1 with errno: ENOENT where there is none. */
int access_of(int directory, const char *name, struct access *access);

/* The same of an open file. */
int access_of_open(int fd, struct access *access);

/* For a copy in another place: no rights beyond `mode`. An ACL goes, and with it what group and others have. */
void access_limit(struct access *access, mode_t mode);

/* Gives it to `fd`, with no chown that changes nothing, and none to an id that stands for all that are not mapped. Where
 * the group cannot be kept, group and others get what both of them had; where the ACL cannot,
 * the owner alone is left. A new file that root could not open any more, without CAP_DAC_OVERRIDE and by no group, stays root's. That the owner cannot be kept is told by access_check_owner; that a file system has no modes is no error.
 * Returns 0, or -1 with ERROR_SYSTEM: it has more rights than the file that it was to replace. */
int access_set(int fd, const struct access *access, const char *path, struct error *err);

/* Whether the owner whom `access` names can read `fd`, or write to it where it is a folder, after access_set. He cannot where root without CAP_CHOWN or CAP_DAC_OVERRIDE, or another
 * user, has created it and neither its group nor others may read it. Group rights are taken for meant: who shares a
 * file so is in its group; a notice says it where that is all that he has left. For a file that replaces his, or where it `must` be his, that is ERROR_REFUSED; for another new one
 * the warning other-owner. Returns 0 or -1. */
int access_check_owner(int fd, const struct access *access, bool must, const char *path,
                       struct error *err);

/* What access_check_owner would say of a file that we created at `path`: tried on one in memory, memfd_create(2), since no
 * question to the kernel tells whether a chown would succeed. */
int access_foresee(const struct access *access, bool must, const char *path, struct error *err);
