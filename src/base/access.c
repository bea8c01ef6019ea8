#include "base/access.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"

static const char acl_name[] = "system.posix_acl_access";

enum { MODES = 0777, OWNER = 0700 };

enum {
    OVERFLOW = 65534, /* the kernel's default of /proc/sys/kernel/overflowuid and overflowgid */
    MAPS_MOST = 4096,
};

/* Whether this user namespace maps every id; false without /proc. */
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

bool access_is_our_group(gid_t group)
{
    if (group == getegid())
        return true;
    int count = getgroups(0, NULL);
    _cleanup_free_ gid_t *groups = calloc((size_t)(count > 0 ? count : 1), sizeof *groups);
    count = groups ? getgroups(count, groups) : 0;
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

bool access_has_one_mode(int fd)
{
    static const unsigned long types[] = {
        0xff534d42, 0xfe534d42, 0x517b, /* CIFS, SMB2, SMB */
        0x01021997,                     /* 9p */
        0x65735546,                     /* FUSE */
        0x4d44,     0x2011bab0,         /* FAT, exFAT */
        0x786f4256,                     /* VirtualBox folders */
    };
    struct statfs status;
    if (fstatfs(fd, &status) < 0)
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (((unsigned long)status.f_type & 0xffffffffUL) == types[i])
            return true;
    return false;
}

int access_check_like(int fd, const struct stat *status, const struct stat *like, const char *path,
                      struct error *err)
{
    uid_t uid = status->st_uid;
    if (uid != geteuid() && uid != 0 && (uid != like->st_uid || access_is_unmapped_uid(uid))) {
        error_refused(
            err,
            "%s is owned by uid %ju, and only root, this user or the original's owner may own it",
            path, (uintmax_t)uid);
        error_id(err, "unsafe-file");
        error_hint(err, "if fernit wrote it: chown %ju %s", (uintmax_t)geteuid(), path);
        return error_hint(err, "if not: move it away");
    }
    bool same_group = status->st_gid == like->st_gid && !access_is_unmapped_gid(like->st_gid);
    mode_t extra = status->st_mode & 0022 & ~(same_group ? like->st_mode & 0020 : 0);
    if (extra == 0 || access_has_one_mode(fd))
        return 0;
    error_refused(err, "%s can be written by other users (mode %03o)", path,
                  (unsigned)status->st_mode & MODES);
    error_id(err, "unsafe-file");
    error_hint(err, "if it has what fernit wrote: chmod go-w %s", path);
    return error_hint(err, "if not: move it away");
}

/* Whether errno of fgetxattr says that the file has no ACL. */
static bool is_without_acl(int errnum)
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
        .must_open = true,
    };
}

/* `fd` is -1 where the file cannot be opened, and so its ACL cannot be read. */
static void read_access(const struct stat *status, int fd, struct access *access)
{
    *access = (struct access){.mode = status->st_mode & MODES,
                              .uid = status->st_uid,
                              .gid = status->st_gid,
                              .replaces = true};
    ssize_t length = fd < 0 ? -1 : fgetxattr(fd, acl_name, access->acl, sizeof access->acl);
    if (length > 0)
        access->acl_length = (size_t)length;
    else if (fd < 0 || !is_without_acl(errno))
        access->mode &= OWNER;
}

int access_of(int directory, const char *name, struct access *access)
{
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
    _cleanup_close_ int fd =
        openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    read_access(&status, fd, access);
    return 0;
}

int access_of_open(int fd, struct access *access)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -1;
    read_access(&status, fd, access);
    return 0;
}

void access_limit(struct access *access, mode_t mode)
{
    access->mode &= access->acl_length > 0 ? mode & OWNER : mode;
    access->acl_length = 0;
}

/* For a file whose group changes: members of the new group were others before, and members of the old group are
 * others now. So both get only the permissions that both had. */
static mode_t group_and_others_alike(mode_t mode)
{
    mode_t both = mode & mode >> 3 & 07;
    return (mode & OWNER) | both << 3 | both;
}

/* Sets the replaced file's ACL, or removes the one that a folder's default ACL gave. Returns whether it did the
 * first or there was none to set. */
static bool set_acl(int fd, const struct access *access, bool keeps_group)
{
    if (access->acl_length > 0 && keeps_group)
        return fsetxattr(fd, acl_name, access->acl, access->acl_length, 0) == 0;
    bool none = fgetxattr(fd, acl_name, NULL, 0) < 0 && is_without_acl(errno);
    return (none || fremovexattr(fd, acl_name) == 0) && access->acl_length == 0;
}

static mode_t mode_for(int fd, const struct access *access, bool keeps_group)
{
    if (access->replaces && !set_acl(fd, access, keeps_group))
        return access->mode & OWNER;
    return keeps_group ? access->mode : group_and_others_alike(access->mode);
}

/* A new file's group shows as unmapped only if a set-group-ID folder gives it the folder's group, which is right
 * for a new file. For a file that replaces another one it is unknown whether both unmapped groups are the same. */
static bool set_group(int fd, const struct stat *own, const struct access *access)
{
    if (access->gid == (gid_t)-1 || (own->st_gid == access->gid && !access->replaces))
        return true;
    if (access_is_unmapped_gid(access->gid))
        return false;
    return own->st_gid == access->gid || fchown(fd, (uid_t)-1, access->gid) == 0;
}

static bool has_right_owner(const struct stat *own, const struct access *access)
{
    return access->uid == (uid_t)-1 || own->st_uid == access->uid ||
           access_is_unmapped_uid(access->uid);
}

/* Whether root may ignore modes: containers may lack the capability. capabilities(7) */
static bool overrides_modes(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capget, &header, sets) == 0 &&
           (sets[0].effective & 1U << CAP_DAC_OVERRIDE) != 0;
}

/* Whether this process still has the owner's permissions once another user owns the file. */
static bool could_still_open(int fd)
{
    struct stat own;
    if (overrides_modes())
        return true;
    return fstat(fd, &own) == 0 && ((own.st_mode & OWNER) >> 3 & ~own.st_mode) == 0 &&
           access_is_our_group(own.st_gid);
}

static void set_owner(int fd, const struct stat *own, const struct access *access, const char *path)
{
    if (has_right_owner(own, access))
        return;
    if (access->must_open && !could_still_open(fd))
        log_detail("%s: its owner is not changed: this process could not open it any more", path);
    else if (fchown(fd, access->uid, (gid_t)-1) < 0)
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

/* The permission that a user needs: to read a file, to create a file in a folder. */
static mode_t needed_permission(const struct access *access)
{
    return access->is_folder ? S_IWOTH : S_IROTH;
}

/* With an ACL the mode's group bits are its mask: they limit the group's permissions and grant none. acl(5) */
static bool group_reads(const struct stat *own, const struct access *access)
{
    enum { HEAD = 4, ENTRY = 8, GROUP_OBJ = 4, READ = 4 };
    if ((own->st_mode & needed_permission(access) << 3) == 0)
        return false;
    for (size_t at = HEAD; at + ENTRY <= access->acl_length; at += ENTRY)
        if (access->acl[at] == GROUP_OBJ)
            return (access->acl[at + 2] & READ) != 0;
    return true;
}

int access_check_owner(int fd, const struct access *access, bool must, const char *path,
                       struct error *err)
{
    static const char remedy[] = "start fernit as uid %ju\nor give it the capabilities: --cap-add "
                                 "CHOWN --cap-add DAC_OVERRIDE";
    struct stat own;
    if (fstat(fd, &own) < 0)
        return error_sys(err, "%s: cannot be looked at", path);
    if (has_right_owner(&own, access) || access->uid == 0 ||
        (own.st_mode & needed_permission(access)))
        return 0;
    uintmax_t uid = access->uid;
    if (group_reads(&own, access)) {
        if (access->replaces)
            log_notice(
                NULL,
                "%s is now owned by uid %ju, and uid %ju can read it only as a member of group %ju",
                path, (uintmax_t)own.st_uid, uid, (uintmax_t)own.st_gid);
        return 0;
    }
    if (!access->replaces && !must) {
        char hint[PATH_MAX + 64];
        if (overrides_modes())
            snprintf(hint, sizeof hint, "chown %ju:%ju %s", uid, (uintmax_t)access->gid, path);
        else
            snprintf(hint, sizeof hint, remedy, uid);
        log_warning("other-owner", hint,
                    "%s is owned by uid %ju: uid %ju, the owner of its folder, cannot %s it", path,
                    (uintmax_t)own.st_uid, uid, access->is_folder ? "write to" : "read");
        return 0;
    }
    error_refused(err, "%s: a new one would be owned by uid %ju, and uid %ju could not read it",
                  path, (uintmax_t)own.st_uid, uid);
    error_id(err, "store-owner");
    return error_hint(err, remedy, uid);
}

int access_foresee(const struct access *access, bool must, const char *path, struct error *err)
{
    _cleanup_close_ int fd = memfd_create("fernit", MFD_CLOEXEC);
    if (fd < 0)
        return 0; /* no prediction is possible */
    return access_set(fd, access, path, err) < 0 ? -1
                                                 : access_check_owner(fd, access, must, path, err);
}
