/* Becoming another user for good: --user, as su-exec and gosu do.
 *
 * A user is written as for Docker and gosu: "name" or "name:group", each a name of /etc/passwd or /etc/group, or a
 * number. Digits alone are always a number. A number needs no entry: Kubernetes and OpenShift run containers with
 * any. https://docs.docker.com/reference/dockerfile/#user */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"

struct error;

enum { USER_NAME = 256, USER_ID_TEXT = 12 };

/* One side of the colon. */
struct user_word {
    bool is_number;
    id_t number;
    char name[USER_NAME]; /* as the user wrote it, a number too */
};

struct user_spec {
    struct user_word user;
    bool has_group;
    struct user_word group;
};

/* Parses a specification, without a look-up. Numbers are decimal, 0 to 4294967294: (uid_t)-1 means "no change" to
 * setresuid(2), and a greater number would become another one, even root's, when cut to 32 bits. Returns 0, or -1
 * with ERROR_USAGE, which names the fault. */
int user_parse(const char *text, struct user_spec *spec, struct error *err);

struct user {
    uid_t uid;
    gid_t gid;
    bool has_group; /* --user named it */
    gid_t *groups;  /* the supplementary groups with `gid`, in ascending order */
    size_t group_count;
    char *name; /* for USER and LOGNAME */
    char *home;
};

/* Finds the user's ids, groups and home. The group is the one given, else that of the entry in /etc/passwd, else 0.
 * The supplementary groups are those of /etc/group (getgrouplist(3)); only the group itself where one was given or
 * there is no entry. Without an entry HOME is "/" and the name is the number.
 * Returns 0, or -1: ERROR_USAGE (user_parse), ERROR_INPUT (no such name), ERROR_SYSTEM. */
int user_find(const char *text, struct user *user, struct error *err);

/* Becomes the user for good: setgroups(2), setresgid(2), setresuid(2), in this order. Then checks all ids and groups,
 * and that there is no way back to root. If the user is root, gives up every capability, inheritable ones too; the
 * bounding set stays. Makes the process not dumpable again, since a change of user may undo that (prctl(2),
 * PR_SET_DUMPABLE).
 *
 * Without root's rights this process must be that user already, and in the group where one was given; then nothing
 * changes.
 *
 * Returns 0, or -1: ERROR_REFUSED (not root; a way back), ERROR_SYSTEM (no capability; the user namespace lacks the
 * number). The process must end then: it may be half of each user. */
int user_become(const struct user *user, struct error *err);

void user_free(struct user *user);
#define _cleanup_user_ _cleanup_(user_free)
