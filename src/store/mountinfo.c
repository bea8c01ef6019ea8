#include "store/mountinfo.h"

#include <string.h>

enum { COVERING_MOST = 128 };

/* The mounts on the path or on a directory above it. */
struct covering {
    struct mount mounts[COVERING_MOST];
    bool visited[COVERING_MOST];
    size_t count;
};

/* Moves the text before the next `separator` from *rest to *field. After the last field *rest has no start.
 * Returns whether there was a field. */
static bool take(struct span *rest, char separator, struct span *field)
{
    if (!rest->start)
        return false;
    const char *end = memchr(rest->start, separator, rest->length);
    size_t length = end ? (size_t)(end - rest->start) : rest->length;
    *field = (struct span){rest->start, length};
    *rest = end ? (struct span){end + 1, rest->length - length - 1} : (struct span){NULL, 0};
    return true;
}

static bool take_number(struct span *rest, unsigned long *number)
{
    struct span field;
    if (!take(rest, ' ', &field) || field.length == 0 || field.length > 10)
        return false;
    *number = 0;
    for (size_t i = 0; i < field.length; i++) {
        if (field.start[i] < '0' || field.start[i] > '9')
            return false;
        *number = *number * 10 + (unsigned long)(field.start[i] - '0');
    }
    return true;
}

static bool skip_optional(struct span *rest)
{
    struct span field;
    while (take(rest, ' ', &field))
        if (span_is(field, "-"))
            return true;
    return false;
}

static bool parse_line(struct span rest, struct mount *mount)
{
    struct span device;
    if (!take_number(&rest, &mount->id) || !take_number(&rest, &mount->parent) ||
        !take(&rest, ' ', &device) || !memchr(device.start, ':', device.length))
        return false;
    if (!take(&rest, ' ', &mount->root) || !take(&rest, ' ', &mount->point) ||
        !take(&rest, ' ', &mount->options) || !skip_optional(&rest))
        return false;
    if (!take(&rest, ' ', &mount->type) || !take(&rest, ' ', &mount->source) || !rest.start)
        return false;
    mount->super_options = rest;
    return mount->type.length > 0;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* The unescaped character at *at; moves *at behind it. */
static char unescape(struct span field, size_t *at)
{
    const char *p = field.start + *at;
    if (field.length - *at >= 4 && p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && is_octal(p[2]) &&
        is_octal(p[3])) {
        *at += 4;
        return (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
    }
    *at += 1;
    return *p;
}

static bool covers(struct span point, const char *path)
{
    if (span_is(point, "/"))
        return *path == '/';
    for (size_t at = 0; at < point.length; path++)
        if (*path == '\0' || unescape(point, &at) != *path)
            return false;
    return point.length > 0 && (*path == '\0' || *path == '/');
}

/* Returns false if there are too many. */
static bool gather(struct span text, const char *path, struct covering *covering)
{
    struct span line;
    covering->count = 0;
    while (take(&text, '\n', &line)) {
        struct mount mount;
        if (!parse_line(line, &mount) || !covers(mount.point, path))
            continue;
        if (covering->count == COVERING_MOST)
            return false;
        covering->visited[covering->count] = false;
        covering->mounts[covering->count++] = mount;
    }
    return true;
}

/* Whether its parent is none of the others: the parent is outside our root. */
static bool is_first(const struct covering *covering, const struct mount *mount)
{
    for (size_t i = 0; i < covering->count; i++)
        if (covering->mounts[i].id == mount->parent && mount->id != mount->parent)
            return false;
    return true;
}

/* The child of `parent` (NULL: the first mount) that a walk along the path reaches first. */
static const struct mount *next_child(struct covering *covering, const struct mount *parent)
{
    const struct mount *next = NULL;
    for (size_t i = 0; i < covering->count; i++) {
        const struct mount *mount = &covering->mounts[i];
        bool is_child = parent ? mount->parent == parent->id : is_first(covering, mount);
        if (is_child && !covering->visited[i] &&
            (!next || mount->point.length <= next->point.length))
            next = mount;
    }
    if (next)
        covering->visited[next - covering->mounts] = true;
    return next;
}

bool mount_find(const char *mountinfo, size_t length, const char *path, struct mount *mount)
{
    struct covering covering;
    if (!gather((struct span){mountinfo, length}, path, &covering))
        return false;
    const struct mount *top = NULL;
    for (const struct mount *next = next_child(&covering, NULL); next;
         next = next_child(&covering, top))
        top = next;
    if (top)
        *mount = *top;
    return top != NULL;
}

bool mount_has(struct span options, const char *option)
{
    struct span one;
    while (take(&options, ',', &one))
        if (span_is(one, option))
            return true;
    return false;
}

struct span mount_value(struct span options, const char *name)
{
    struct span one;
    struct span key;
    while (take(&options, ',', &one))
        if (take(&one, '=', &key) && span_is(key, name) && one.start)
            return one;
    return (struct span){"", 0};
}

void mount_text(struct span field, char *text, size_t size)
{
    size_t length = 0;
    for (size_t at = 0; at < field.length && length + 1 < size;)
        text[length++] = unescape(field, &at);
    text[length] = '\0';
}
