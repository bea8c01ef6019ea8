#include "base/access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"

static const char acl_name[] = "system.posix_acl_access";

enum { MODES = 0777, OWNER = 0700 };

enum {
    OVERFLOW = 65534,
    MAPS_MOST = 4096
}; /* the kernel's default of /proc/sys/kernel/overflowuid and overflowgid */

/* Without /proc nobody knows. */
static bool maps_all(const char *path)
{
    char text[MAPS_MOST];
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    text[length > 0 ? length : 0] = '\0';
    return strstr(text, " 4294967295\n") != NULL;
}

bool access_is_unmapped_uid(uid_t uid)
{
    return uid == OVERFLOW && !maps_all("/proc/self/uid_map");
}

bool access_is_unmapped_gid(gid_t gid)
{
    return gid == OVERFLOW && !maps_all("/proc/self/gid_map");
}

static bool has_none(int errnum)
{
    return errnum == ENODATA || errnum == EOPNOTSUPP || errnum == ENOSYS;
}

void access_new(const struct stat *folder, mode_t mode, struct access *access)
{
    bool is_root = geteuid() == 0;
    *access = (struct access){
        .mode = mode & MODES,
        .uid = is_root ? folder->st_uid : (uid_t)-1,
        .gid = is_root ? folder->st_gid : (gid_t)-1,
    };
}

static void take(const struct stat *status, int fd, struct access *access)
{
    *access = (struct access){.mode = status->st_mode & MODES,
                              .uid = status->st_uid,
                              .gid = status->st_gid,
                              .replaces = true};
    ssize_t length = fd < 0 ? -1 : fgetxattr(fd, acl_name, access->acl, sizeof access->acl);
    if (length > 0)
        access->acl_length = (size_t)length;
    else if (fd < 0 || !has_none(errno))
        access->mode &= OWNER;
}

int access_of(int directory, const char *name, struct access *access)
{
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
    _cleanup_close_ int fd =
        openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    take(&status, fd, access);
    return 0;
}

int access_of_open(int fd, struct access *access)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -1;
    take(&status, fd, access);
    return 0;
}

void access_limit(struct access *access, mode_t mode)
{
    access->mode &= access->acl_length > 0 ? mode & OWNER : mode;
    access->acl_length = 0;
}

/* In a new owner's group are some who were others, and some of the old group are others now. */
static mode_t of_both(mode_t mode)
{
    mode_t both = mode & mode >> 3 & 07;
    return (mode & OWNER) | both << 3 | both;
}

/* That of the replaced file, or none: a folder's default ACL may have given it one. */
static bool set_acl(int fd, const struct access *access, bool keeps_group)
{
    if (access->acl_length > 0 && keeps_group)
        return fsetxattr(fd, acl_name, access->acl, access->acl_length, 0) == 0;
    bool none = fgetxattr(fd, acl_name, NULL, 0) < 0 && has_none(errno);
    return (none || fremovexattr(fd, acl_name) == 0) && access->acl_length == 0;
}

static mode_t mode_for(int fd, const struct access *access, bool keeps_group)
{
    if (access->replaces && !set_acl(fd, access, keeps_group))
        return access->mode & OWNER;
    return keeps_group ? access->mode : of_both(access->mode);
}

/* A new file's group shows as an unmapped one only where a setgid folder gives it that folder's, which is right for what is
 * new. Of a file that it replaces nobody knows whether it had the same. */
static bool set_group(int fd, const struct stat *own, const struct access *access)
{
    if (access->gid == (gid_t)-1 || (own->st_gid == access->gid && !access->replaces))
        return true;
    if (access_is_unmapped_gid(access->gid))
        return false;
    return own->st_gid == access->gid || fchown(fd, (uid_t)-1, access->gid) == 0;
}

static bool is_owners(const struct stat *own, const struct access *access)
{
    return access->uid == (uid_t)-1 || own->st_uid == access->uid ||
           access_is_unmapped_uid(access->uid);
}

static void set_owner(int fd, const struct stat *own, const struct access *access, const char *path)
{
    if (!is_owners(own, access) && fchown(fd, access->uid, (gid_t)-1) < 0)
        log_detail("%s: its owner cannot be kept: %s", path, strerror(errno));
}

int access_set(int fd, const struct access *access, const char *path, struct error *err)
{
    struct stat own;
    if (fstat(fd, &own) < 0)
        return error_sys(err, "%s: cannot be looked at", path);
    bool keeps_group = set_group(fd, &own, access);
    mode_t mode = mode_for(fd, access, keeps_group);
    if ((own.st_mode & MODES) != mode && fchmod(fd, mode | (own.st_mode & S_ISGID)) < 0) {
        int errnum = errno;
        bool is_more = fstat(fd, &own) < 0 || (own.st_mode & MODES & ~mode) != 0;
        errno = errnum;
        if (access->replaces && is_more)
            return error_sys(err, "%s: cannot set its mode", path);
    }
    set_owner(fd, &own, access, path);
    return 0;
}

/* With an ACL the mode's group bits are its mask, which limits what the group has and gives it nothing. acl(5) */
static bool group_reads(const struct stat *own, const struct access *access)
{
    enum { HEAD = 4, ENTRY = 8, GROUP_OBJ = 4, READ = 4 };
    if ((own->st_mode & S_IRGRP) == 0)
        return false;
    for (size_t at = HEAD; at + ENTRY <= access->acl_length; at += ENTRY)
        if (access->acl[at] == GROUP_OBJ)
            return (access->acl[at + 2] & READ) != 0;
    return true;
}

int access_check_owner(int fd, const struct access *access, bool must, const char *path,
                       struct error *err)
{
    struct stat own;
    if (fstat(fd, &own) < 0)
        return error_sys(err, "%s: cannot be looked at", path);
    if (is_owners(&own, access) || access->uid == 0 || (own.st_mode & S_IROTH))
        return 0;
    uintmax_t uid = access->uid;
    if (group_reads(&own, access)) {
        if (access->replaces)
            log_notice("%s now belongs to uid %ju; uid %ju can read it only if it is in group %ju",
                       path, (uintmax_t)own.st_uid, uid, (uintmax_t)own.st_gid);
        return 0;
    }
    if (!access->replaces && !must) {
        log_warning("other-owner",
                    "%s belongs to uid %ju: uid %ju, who owns its folder, cannot read it", path,
                    (uintmax_t)own.st_uid, uid);
        log_hint("chown %ju:%ju %s", uid, (uintmax_t)access->gid, path);
        return 0;
    }
    error_refused(err, "%s: a new one would belong to uid %ju, and uid %ju could not read it", path,
                  (uintmax_t)own.st_uid, uid);
    return error_hint(
        err, "start fernit as uid %ju, or give it the right to chown: --cap-add CHOWN", uid);
}

int access_foresee(const struct access *access, bool must, const char *path, struct error *err)
{
    _cleanup_close_ int fd = memfd_create("fernit", MFD_CLOEXEC);
    if (fd < 0)
        return 0; /* nobody knows */
    return access_set(fd, access, path, err) < 0 ? -1
                                                 : access_check_owner(fd, access, must, path, err);
}
