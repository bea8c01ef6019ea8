/* --user: the specification, and the entries of /etc/passwd and /etc/group that it leads to.
 *
 * The input is the specification in its first line, then lines of /etc/passwd, an empty line, and lines of
 * /etc/group. libc takes lines apart; its lookups are made here, in the input. */
#include "process/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>

#include "fuzz.h"

static struct {
    char *passwd;
    char *group;
} files;

static FILE *open_text(char *text)
{
    if (!*text)
        return NULL;
    return fmemopen(text, strlen(text), "r");
}

static void close_text(FILE **file)
{
    if (*file)
        fclose(*file);
}
#define _cleanup_text_ _cleanup_(close_text)

/* Lines of NIS, which musl does not know. */
static bool is_of_nis(const char *name)
{
    return *name == '+' || *name == '-';
}

static int find_passwd(const char *name, uid_t uid, struct passwd *entry, char *room, size_t size,
                       struct passwd **found)
{
    _cleanup_text_ FILE *file = open_text(files.passwd);
    int errnum = 0;
    *found = NULL;
    while (file && (errnum = fgetpwent_r(file, entry, room, size, found)) == 0)
        if (!is_of_nis((*found)->pw_name) &&
            (name ? strcmp((*found)->pw_name, name) == 0 : (*found)->pw_uid == uid))
            return 0;
    *found = NULL;
    return errnum;
}

int getpwnam_r(const char *name, struct passwd *resultbuf, char *buffer, size_t buflen,
               struct passwd **result)
{
    return find_passwd(name, 0, resultbuf, buffer, buflen, result);
}

int getpwuid_r(uid_t uid, struct passwd *resultbuf, char *buffer, size_t buflen,
               struct passwd **result)
{
    return find_passwd(NULL, uid, resultbuf, buffer, buflen, result);
}

int getgrnam_r(const char *name, struct group *resultbuf, char *buffer, size_t buflen,
               struct group **result)
{
    _cleanup_text_ FILE *file = open_text(files.group);
    int errnum = 0;
    *result = NULL;
    while (file && (errnum = fgetgrent_r(file, resultbuf, buffer, buflen, result)) == 0)
        if (strcmp((*result)->gr_name, name) == 0)
            return 0;
    *result = NULL;
    return errnum;
}

static bool is_member(const struct group *entry, const char *name)
{
    for (char **member = entry->gr_mem; *member; member++)
        if (strcmp(*member, name) == 0)
            return true;
    return false;
}

int getgrouplist(const char *user, gid_t group, gid_t *groups, int *ngroups)
{
    enum { ROOM = 65536 };
    _cleanup_text_ FILE *file = open_text(files.group);
    _cleanup_free_ char *room = malloc(ROOM);
    struct group entry;
    struct group *found = NULL;
    int count = 0;
    do {
        if (found && !is_member(found, user))
            continue;
        if (count < *ngroups)
            groups[count] = found ? found->gr_gid : group;
        count++;
    } while (file && fgetgrent_r(file, &entry, room, ROOM, &found) == 0);
    bool fits = count <= *ngroups;
    *ngroups = count;
    return fits ? count : -1;
}

static void hold_word(const struct user_word *word, const char *text, size_t length)
{
    hold(strlen(word->name) == length && memcmp(word->name, text, length) == 0,
         "a name is as it was given");
    hold(word->is_number == (word->name[strspn(word->name, "0123456789")] == '\0'),
         "digits alone are a number");
    hold(!word->is_number || word->number != (id_t)-1, "no id means \"leave it\"");
    hold(!strpbrk(word->name, ": \t\n/"), "no name has a blank, a colon or a slash in it");
}

static bool hold_spec(const char *text)
{
    struct error err = {0};
    struct user_spec spec;
    if (user_parse(text, &spec, &err) < 0) {
        hold(err.kind == ERROR_USAGE, "a refused specification is a wrong word");
        return false;
    }
    size_t length = strcspn(text, ":");
    hold(spec.has_group == (text[length] == ':'), "a colon is before a group");
    hold_word(&spec.user, text, length);
    if (spec.has_group)
        hold_word(&spec.group, text + length + 1, strlen(text) - length - 1);
    return true;
}

static void hold_user(const struct user *user)
{
    bool has_own = false;
    hold(user->uid != (uid_t)-1 && user->gid != (gid_t)-1, "no id means \"leave it\"");
    hold(user->name && user->home && *user->home, "a user has a name and a home");
    for (size_t i = 0; i < user->group_count; i++) {
        has_own |= user->groups[i] == user->gid;
        hold(i == 0 || user->groups[i - 1] < user->groups[i], "groups are in order, each once");
    }
    hold(has_own, "its own group is among them");
    hold(!user->has_group || user->group_count == 1, "a group that was given is the only one");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    _cleanup_free_ char *text = text_of(data, size);
    _cleanup_user_ struct user user = {0};
    char *rest = text;
    const char *spec = next_line(&rest);
    char *entries = rest ? rest : text + strlen(text);
    char *empty_line = strstr(entries, "\n\n");
    if (empty_line)
        empty_line[1] = '\0';
    files.passwd = entries;
    files.group = empty_line ? empty_line + 2 : text + strlen(text);

    bool is_right = hold_spec(spec);
    if (user_find(spec, &user, &err) < 0)
        hold(err.kind == (is_right ? ERROR_INPUT : ERROR_USAGE), "a fault is of its kind");
    else
        hold_user(&user);
    return 0;
}
