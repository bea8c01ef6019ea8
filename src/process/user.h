/* Becoming another user: --user, what su-exec and gosu do, for good.
 *
 * A user is named as Docker and gosu have it: "name", "name:group", each a name of /etc/passwd or
 * /etc/group or a number. Digits alone are always a number, and a number needs no entry: Kubernetes
 * and OpenShift run containers with any. https://docs.docker.com/reference/dockerfile/#user
 */
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
    char name[USER_NAME]; /* as it was given, of a number, too */
};

struct user_spec {
    struct user_word user;
    bool has_group;
    struct user_word group;
};

/* Takes a specification apart; looks nothing up. Numbers are decimal, 0 to 4294967294: the next
 * one, (uid_t)-1, means "leave it" to setresuid(2), and what comes after would be root's once it is
 * cut to 32 bits. Returns 0, or -1 with ERROR_USAGE that names the fault. */
int user_parse(const char *text, struct user_spec *spec, struct error *err);

struct user {
    uid_t uid;
    gid_t gid;
    bool has_group; /* it was asked for */
    gid_t *groups;  /* the supplementary ones, `gid` among them, in order */
    size_t group_count;
    char *name; /* for USER and LOGNAME */
    char *home;
};

/* Finds out who that is. Its group is the one given, else that of its entry in /etc/passwd, else 0;
 * the supplementary groups are those of /etc/group (getgrouplist(3)), but only its own where a
 * group was given or there is no entry. Without an entry HOME is "/" and the name is the number.
 * Returns 0, or -1: ERROR_USAGE (user_parse), ERROR_INPUT (no such name), ERROR_SYSTEM. */
int user_find(const char *text, struct user *user, struct error *err);

/* Becomes it, for good: setgroups(2), setresgid(2), setresuid(2), in that order, and looks whether
 * it came to that: all ids, all groups, and no way back to root. But as root it then gives up every
 * capability, also those that could be inherited; the bounding set stays. The process is not dumpable
 * afterwards either, which a change of user may undo (prctl(2), PR_SET_DUMPABLE).
 *
 * Without root's rights it must be the user already, and in the group where one was asked for; then
 * nothing is changed.
 *
 * Returns 0, or -1: ERROR_REFUSED (not root; a way back), ERROR_SYSTEM (no capability, a number
 * that the user namespace has not). The process must end then: it may be half of each. */
int user_become(const struct user *user, struct error *err);

void user_free(struct user *user);
#define _cleanup_user_ _cleanup_(user_free)
