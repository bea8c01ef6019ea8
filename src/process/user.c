#include "process/user.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/shown.h"

enum { ENTRY_LEAST = 1024, ENTRY_MOST = 1 << 20, GROUPS_MOST = 65536 };

static const id_t ID_NONE = (id_t)-1;

static int parse_number(const char *text, struct user_word *word, struct error *err)
{
    uint64_t number = 0;
    for (const char *p = text; *p; p++) {
        number = number * 10 + (uint64_t)(*p - '0');
        if (number >= ID_NONE)
            return error_usage(err, "an id is too large: the largest one is 4294967294");
    }
    word->is_number = true;
    word->number = (id_t)number;
    return 0;
}

static int parse_word(const char *start, size_t length, const char *what, struct user_word *word,
                      struct error *err)
{
    if (length == 0) {
        error_usage(err, "there is no %s in it", what);
        return error_hint(err, "write NAME, NAME:GROUP, UID or UID:GID");
    }
    if (length >= sizeof word->name)
        return error_usage(err, "its %s is too long", what);
    memcpy(word->name, start, length);
    word->name[length] = '\0';
    const char *text = word->name;

    if (text[strspn(text, "0123456789")] == '\0')
        return parse_number(text, word, err);
    if (*text == '-' || *text == '+')
        return error_usage(err, "%s begins with a sign, and no id or name does", shown_value(text));
    if (strncasecmp(text, "0x", 2) == 0)
        return error_usage(err, "%s: ids are decimal", shown_value(text));
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == '\x7f' || *p == '/')
            return error_usage(err, "its %s has a blank or \"/\" in it, and no id or name has",
                               what);
    return 0;
}

int user_parse(const char *text, struct user_spec *spec, struct error *err)
{
    *spec = (struct user_spec){0};
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    if (parse_word(text, length, "user", &spec->user, err) < 0)
        return -1;
    if (!colon)
        return 0;
    if (strchr(colon + 1, ':')) {
        error_usage(err, "it has more than one colon");
        return error_hint(err, "write NAME:GROUP or UID:GID");
    }
    spec->has_group = true;
    return parse_word(colon + 1, strlen(colon + 1), "group", &spec->group, err);
}

/* Makes more room for an entry that did not fit. Returns whether there can be more. */
static bool grow(char **room, size_t *size)
{
    size_t wanted = *size ? *size * 4 : ENTRY_LEAST;
    char *larger = wanted <= ENTRY_MOST ? realloc(*room, wanted) : NULL;
    if (!larger)
        return false;
    *room = larger;
    *size = wanted;
    return true;
}

/* A missing file, as in an image FROM scratch, has no entries. getpwnam(3), "ERRORS" */
static int check_lookup(int errnum, const char *file, struct error *err)
{
    if (errnum == 0 || errnum == ENOENT || errnum == ENOTDIR || errnum == ESRCH)
        return 0;
    errno = errnum;
    return error_sys(err, "%s", file);
}

/* Afterwards *found is `entry`, whose strings are in *room, or NULL where there is none. */
static int find_passwd(const struct user_word *who, struct passwd *entry, struct passwd **found,
                       char **room, struct error *err)
{
    size_t size = 0;
    int errnum = ERANGE;
    *found = NULL;
    while (errnum == ERANGE && grow(room, &size))
        errnum = who->is_number ? getpwuid_r(who->number, entry, *room, size, found)
                                : getpwnam_r(who->name, entry, *room, size, found);
    return *found ? 0 : check_lookup(errnum, "/etc/passwd", err);
}

static int find_group(const struct user_word *which, gid_t *gid, struct error *err)
{
    _cleanup_free_ char *room = NULL;
    size_t size = 0;
    int errnum = ERANGE;
    if (which->is_number) {
        *gid = which->number;
        return 0;
    }
    while (errnum == ERANGE && grow(&room, &size)) {
        struct group entry;
        struct group *found = NULL;
        errnum = getgrnam_r(which->name, &entry, room, size, &found);
        if (found) {
            *gid = found->gr_gid;
            return 0;
        }
    }
    if (check_lookup(errnum, "/etc/group", err) < 0)
        return -1;
    error_input(err, "there is no group %s in /etc/group", shown_value(which->name));
    error_hint(err, "add it in the image (groupadd)");
    return error_hint(err, "or give its number");
}

static int by_number(const void *a, const void *b)
{
    gid_t left = *(const gid_t *)a;
    gid_t right = *(const gid_t *)b;
    return left < right ? -1 : left > right;
}

/* Sorted, each once, to compare them with the kernel's list, which has its own order. */
static size_t put_in_order(gid_t *groups, size_t count)
{
    size_t kept = 0;
    qsort(groups, count, sizeof *groups, by_number);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || groups[kept - 1] != groups[i])
            groups[kept++] = groups[i];
    return kept;
}

static int find_groups(struct user *user, const char *entry_name, struct error *err)
{
    for (int count = 1; count <= GROUPS_MOST;) {
        int room = count;
        gid_t *groups = reallocarray(user->groups, (size_t)room, sizeof *groups);
        if (!groups)
            return error_sys(err, "cannot hold the groups");
        user->groups = groups;
        groups[0] = user->gid;
        if (!entry_name || getgrouplist(entry_name, user->gid, groups, &count) >= 0) {
            user->group_count = put_in_order(groups, (size_t)count);
            return 0;
        }
        if (count <= room)
            return error_sys(err, "/etc/group");
    }
    return error_input(err, "it is in more groups than Linux allows");
}

/* setresuid(2) and setresgid(2) take this number for "no change". */
static int refuse_no_id(const struct user *user, struct error *err)
{
    if (user->uid != ID_NONE && user->gid != ID_NONE)
        return 0;
    error_input(err, "its entry in /etc/passwd or /etc/group has the id 4294967295, which is none");
    return error_hint(err, "correct the entry");
}

int user_find(const char *text, struct user *user, struct error *err)
{
    struct user_spec spec;
    struct passwd passwd = {0};
    struct passwd *entry = NULL;
    _cleanup_free_ char *room = NULL;
    *user = (struct user){0};
    if (user_parse(text, &spec, err) < 0)
        return -1;
    if (find_passwd(&spec.user, &passwd, &entry, &room, err) < 0)
        return -1;
    if (!entry && !spec.user.is_number) {
        error_input(err, "there is no user %s in /etc/passwd", shown_value(spec.user.name));
        error_hint(err, "add it in the image (useradd)");
        return error_hint(err, "or give its number: UID:GID");
    }

    char digits[USER_ID_TEXT];
    snprintf(digits, sizeof digits, "%ju", (uintmax_t)spec.user.number);
    user->uid = entry ? entry->pw_uid : spec.user.number;
    user->gid = entry ? entry->pw_gid : 0;
    user->has_group = spec.has_group;
    if (spec.has_group && find_group(&spec.group, &user->gid, err) < 0)
        return -1;
    user->name = strdup(entry ? entry->pw_name : digits);
    user->home = strdup(entry && *entry->pw_dir ? entry->pw_dir : "/");
    if (!user->name || !user->home)
        return error_sys(err, "cannot hold a name");
    if (refuse_no_id(user, err) < 0)
        return -1;
    return find_groups(user, entry && !spec.has_group ? entry->pw_name : NULL, err);
}

static bool has_uids(const struct user *user)
{
    uid_t real;
    uid_t effective;
    uid_t saved;
    return getresuid(&real, &effective, &saved) == 0 && real == user->uid &&
           effective == user->uid && saved == user->uid;
}

static bool has_gids(const struct user *user)
{
    gid_t real;
    gid_t effective;
    gid_t saved;
    return getresgid(&real, &effective, &saved) == 0 && real == user->gid &&
           effective == user->gid && saved == user->gid;
}

static bool has_groups(const struct user *user)
{
    int count = getgroups(0, NULL);
    _cleanup_free_ gid_t *groups = calloc((size_t)(count > 0 ? count : 1), sizeof *groups);
    if (count < 0 || !groups || getgroups(count, groups) != count)
        return false;
    return put_in_order(groups, (size_t)count) == user->group_count &&
           memcmp(groups, user->groups, user->group_count * sizeof *groups) == 0;
}

static int refuse_without_root(const struct user *user, struct error *err)
{
    error_refused(err, "fernit runs as %ju:%ju, and only root can become %ju:%ju",
                  (uintmax_t)geteuid(), (uintmax_t)getegid(), (uintmax_t)user->uid,
                  (uintmax_t)user->gid);
    error_id(err, "user-change");
    error_hint(
        err,
        "start the container as that user: USER in the Dockerfile, docker run --user, runAsUser");
    error_hint(err, "or start the container as root");
    return error_hint(err, "or leave out --user (FERNIT_USER)");
}

/* errno has the reason. */
static int explain(const char *what, struct error *err)
{
    error_sys(err, "cannot set %s", what);
    error_id(err, "user-change");
    if (err->errnum == EPERM) {
        error_hint(err, "give root the capabilities SETUID and SETGID: docker run --cap-add, "
                        "securityContext.capabilities.add");
        error_hint(err, "or start the container as that user (USER, runAsUser), without --user");
    }
    if (err->errnum == EINVAL) {
        error_hint(err, "give an id that this user namespace has: see /proc/self/uid_map and "
                        "/proc/self/gid_map");
        error_hint(err, "or map more ids into it");
    }
    return -1;
}

static int change(const struct user *user, struct error *err)
{
    if (setgroups(user->group_count, user->groups) < 0)
        return explain("the supplementary groups", err);
    if (setresgid(user->gid, user->gid, user->gid) < 0)
        return explain("the group", err);
    if (setresuid(user->uid, user->uid, user->uid) < 0)
        return explain("the user", err);
    return 0;
}

static int refuse_lie(struct error *err)
{
    error_refused(err,
                  "the kernel reported success, but the process has other rights than it should");
    error_id(err, "user-change");
    return error_hint(err, "see whether a sandbox or a security module changes the system calls");
}

/* A security bit, or a capability that was kept, could lead back. capabilities(7) */
static bool can_return(const struct user *user)
{
    return user->uid != 0 && (setuid(0) == 0 || setresuid((uid_t)-1, 0, (uid_t)-1) == 0);
}

/* Inheritable capabilities survive setresuid(2); the ambient ones go with them. capabilities(7) */
static int drop_capabilities(struct error *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capset, &header, sets) < 0 || syscall(SYS_capget, &header, sets) < 0) {
        error_sys(err, "cannot give up the capabilities");
        return error_advise(err, "see what forbids capset(2) and capget(2) (a seccomp profile)");
    }
    for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        if (sets[i].permitted || sets[i].effective || sets[i].inheritable)
            return refuse_lie(err);
    return 0;
}

int user_become(const struct user *user, struct error *err)
{
    if (geteuid() != 0) {
        bool is_it = has_uids(user) && (!user->has_group || has_gids(user));
        return is_it ? 0 : refuse_without_root(user, err);
    }
    bool is_it = has_uids(user) && has_gids(user) && has_groups(user);
    if (!is_it && change(user, err) < 0)
        return -1;
    if (!has_uids(user) || !has_gids(user) || !has_groups(user))
        return refuse_lie(err);
    if (can_return(user)) {
        error_refused(err, "it could become root again");
        error_id(err, "user-change");
        return error_hint(err, "start the container without the security bits that allow it "
                               "(capsh, setpriv --securebits)");
    }
    if (user->uid != 0 && drop_capabilities(err) < 0)
        return -1;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return error_sys(err, "cannot keep this process from being dumped");
    return 0;
}

void user_free(struct user *user)
{
    free(user->groups);
    free(user->name);
    free(user->home);
    *user = (struct user){0};
}
