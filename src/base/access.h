/* Owner, group, mode and ACL of the files and folders that fernit creates.
 *
 * One rule for all of them. A file that replaces another one gets the old file's mode, owner, group and ACL
 * (acl(5)), or fewer permissions, never more. A new file gets a mode; where root creates it, it also gets the
 * owner and group of its folder. A folder keeps the set-group-ID bit that it inherited.
 *
 * Call these functions only for a descriptor that the caller has just created (O_EXCL, mkdirat(2)) and that is
 * still empty: then root never changes the owner of another file. The order is group, ACL, mode, owner. The owner
 * comes last, because root without CAP_FOWNER could not change the rest afterwards. At no moment does the file
 * have more permissions than at the end. The caller writes the text afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct error;

enum { ACCESS_ACL = 1024 }; /* bytes of an ACL as the kernel returns it: 127 entries */

struct access {
    mode_t mode;   /* of 0777; with an ACL its group bits are the mask */
    uid_t uid;     /* (uid_t)-1: the user who creates it */
    gid_t gid;     /* (gid_t)-1: the group that the kernel gives it */
    bool replaces; /* it replaces another file */
    bool is_folder;
    bool must_open;    /* this process must be able to open it afterwards */
    size_t acl_length; /* 0: none */
    unsigned char acl[ACCESS_ACL];
};

/* Whether the owner or group that stat(2) shows can be any id that this user namespace does not map. All of them
 * show as one id ("nobody"), so two equal ids may be different users.
 * user_namespaces(7), "Unmapped user and group IDs" */
bool access_is_unmapped_uid(uid_t uid);
bool access_is_unmapped_gid(gid_t gid);

/* Whether the group is this process's effective group or one of its supplementary groups. */
bool access_is_our_group(gid_t group);

/* Whether `fd` is on a file system that may show one mode for all files, whatever mode was set. */
bool access_has_one_mode(int fd);

/* Checks that only a user who may write `like` could have written the file `fd`, which is to replace `like`. Its
 * owner must be this user, root or the owner of `like`. No other user may have write permission; the group may, if
 * it is the group of `like` and may write that. A file system with one mode for all files is accepted, unless `fd`
 * is -1. Returns 0, or -1 with ERROR_REFUSED. */
int access_check_like(int fd, const struct stat *status, const struct stat *like, const char *path,
                      struct error *err);

/* Fills *access for a new file of `mode` in `folder`. */
void access_new(const struct stat *folder, mode_t mode, struct access *access);

/* Fills *access for a file that replaces `name` in `directory`. If the ACL cannot be read, only the owner's bits
 * of the mode are used. Returns 0, or -1 with errno: ENOENT where there is no such file. */
int access_of(int directory, const char *name, struct access *access);

/* The same for an open file. */
int access_of_open(int fd, struct access *access);

/* For a copy in another folder: removes all permissions beyond `mode`, the ACL, and with an ACL all permissions of
 * group and others. */
void access_limit(struct access *access, mode_t mode);

/* Sets *access on `fd`. Calls chown only where it changes something, and never for an unmapped id.
 *
 * If the group cannot be set, group and others get only what both had. If the ACL cannot be set, only the owner
 * keeps permissions. A new file that root could not open afterwards (no CAP_DAC_OVERRIDE, and not by its group)
 * stays root's. access_check_owner reports an owner that could not be set. A file system without modes is no error.
 *
 * Returns 0, or -1 with ERROR_SYSTEM: the file has more permissions than the one it was to replace. */
int access_set(int fd, const struct access *access, const char *path, struct error *err);

/* After access_set: checks that the owner in `access` can read the file `fd`, or write to the folder `fd`. He
 * cannot if root without CAP_CHOWN or CAP_DAC_OVERRIDE, or another user, created it, and neither its group nor
 * others have that permission. A group permission is enough: users who share a file are in its group. A notice is
 * logged where the owner of a replaced file is left with that alone.
 *
 * If he cannot: ERROR_REFUSED for a file that replaces his, and where it `must` be his; for another new file the
 * warning other-owner. Returns 0 or -1. */
int access_check_owner(int fd, const struct access *access, bool must, const char *path,
                       struct error *err);

/* Predicts what access_check_owner would return for a file that we created at `path`. It tries a file in memory,
 * memfd_create(2), because no system call tells in advance whether chown would succeed. */
int access_foresee(const struct access *access, bool must, const char *path, struct error *err);
