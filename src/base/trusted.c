#include "base/trusted.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/lines.h"

enum { LINKS_MOST = 40 };

struct walk {
    char *here;            /* the path so far, without links; "" is the root */
    struct stat directory; /* the status of `here` */
    char rest[PATH_MAX];   /* the path still to walk */
    int links;
};

static bool others_may_write(const struct stat *status)
{
    return (status->st_mode & 0022) != 0;
}

static bool is_read_only(const char *path)
{
    struct statvfs mount;
    return statvfs(path, &mount) == 0 && (mount.f_flag & ST_RDONLY);
}

static bool is_trusted_directory(const char *path, const struct stat *status)
{
    return S_ISDIR(status->st_mode) && status->st_uid == 0 &&
           (!others_may_write(status) || is_read_only(path));
}

/* In a directory that others may write, mounted read-only, only the entries of root are trusted. */
static bool is_trusted_entry(const struct walk *walk, const struct stat *status)
{
    return !others_may_write(&walk->directory) || status->st_uid == 0;
}

static bool check_here(struct walk *walk)
{
    const char *path = *walk->here ? walk->here : "/";
    return lstat(path, &walk->directory) == 0 && is_trusted_directory(path, &walk->directory);
}

static bool set_rest(struct walk *walk, const char *first, const char *second)
{
    char joined[PATH_MAX];
    int length = snprintf(joined, sizeof joined, "%s%s", first, second);
    if (length < 0 || (size_t)length >= sizeof joined)
        return false;
    memcpy(walk->rest, joined, (size_t)length + 1);
    return true;
}

/* The next component of `rest`, and what follows it: nothing, or a slash and more. Does not change `rest`. */
static struct span next_component(const struct walk *walk, const char **behind)
{
    const char *start = walk->rest + strspn(walk->rest, "/");
    struct span component = {start, strcspn(start, "/")};
    *behind = start + component.length;
    return component;
}

static void leave_last(struct walk *walk)
{
    char *slash = strrchr(walk->here, '/');
    if (slash)
        *slash = '\0';
}

static bool enter(struct walk *walk, struct span component)
{
    size_t length = strlen(walk->here);
    if (component.length + 1 >= PATH_MAX - length)
        return false;
    walk->here[length] = '/';
    memcpy(walk->here + length + 1, component.start, component.length);
    walk->here[length + 1 + component.length] = '\0';
    return true;
}

/* Follows the link at `here`: its target, and what follows the link, become the rest. */
static bool follow(struct walk *walk, const struct stat *status, const char *behind)
{
    char target[PATH_MAX];
    if (status->st_uid != 0 || ++walk->links > LINKS_MOST)
        return false;
    ssize_t length = readlink(walk->here, target, sizeof target);
    if (length <= 0 || (size_t)length >= sizeof target)
        return false;
    target[length] = '\0';
    if (*target == '/')
        *walk->here = '\0';
    else
        leave_last(walk);
    return set_rest(walk, target, behind) && check_here(walk);
}

/* `here` does not exist: appends the rest to it, unless that has "..". */
static enum trusted missing(struct walk *walk, const char *behind)
{
    if (others_may_write(&walk->directory) || !set_rest(walk, "", behind))
        return TRUSTED_NOT;
    for (;;) {
        const char *next;
        struct span component = next_component(walk, &next);
        if (component.length == 0)
            return TRUSTED_MISSING;
        if (span_is(component, "..") || (!span_is(component, ".") && !enter(walk, component)))
            return TRUSTED_NOT;
        if (!set_rest(walk, "", next))
            return TRUSTED_NOT;
    }
}

/* Walks one component further. Returns whether the walk goes on; if not, sets *verdict. */
static bool step(struct walk *walk, enum trusted *verdict)
{
    struct stat status;
    const char *behind;
    struct span component = next_component(walk, &behind);
    *verdict = component.length == 0 ? TRUSTED_THERE : TRUSTED_NOT;
    if (component.length == 0)
        return false;
    if (span_is(component, "."))
        return set_rest(walk, "", behind);
    if (span_is(component, "..")) {
        leave_last(walk);
        return check_here(walk) && set_rest(walk, "", behind);
    }
    if (!enter(walk, component))
        return false;
    if (lstat(walk->here, &status) < 0) {
        if (errno == ENOENT)
            *verdict = missing(walk, behind);
        return false;
    }
    if (!is_trusted_entry(walk, &status))
        return false;
    if (S_ISLNK(status.st_mode))
        return follow(walk, &status, behind);
    if (S_ISDIR(status.st_mode)) {
        walk->directory = status;
        return is_trusted_directory(walk->here, &status) && set_rest(walk, "", behind);
    }
    *verdict = *behind == '\0' ? TRUSTED_THERE : TRUSTED_NOT;
    return false;
}

enum trusted trusted_path(const char *path, char resolved[PATH_MAX])
{
    struct walk walk = {.here = resolved};
    char start[PATH_MAX + 1] = {0};
    enum trusted verdict = TRUSTED_NOT;
    *resolved = '\0';
    /* getcwd(3) gives "(unreachable)/..." for a working directory outside this root. */
    if (*path != '/' && (!getcwd(start, PATH_MAX) || *start != '/'))
        return TRUSTED_NOT;
    start[strlen(start)] = '/';
    if (*path == '\0' || !set_rest(&walk, start, path) || !check_here(&walk))
        return TRUSTED_NOT;
    while (step(&walk, &verdict)) {
    }
    if (*resolved == '\0')
        memcpy(resolved, "/", sizeof "/");
    return verdict;
}
