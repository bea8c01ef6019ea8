/* The mount of the store: one verdict for a mountinfo and a path, the same for what lies below that path on the same mount.
 *
 * The input is the path in its first line, then the lines of /proc/self/mountinfo. */
#include "store/mount_verdict.h"

#include "fuzz.h"
#include "store/mountinfo.h"

static const char below[] = "/below";
static const char no_mount[] = "\nthis line is no mount\n";

static bool same(const struct mount_verdict *a, const struct mount_verdict *b)
{
    return a->survival == b->survival && a->read_only == b->read_only &&
           a->locks_are_shared == b->locks_are_shared && a->marks == b->marks &&
           strcmp(a->text, b->text) == 0;
}

static void hold_text(const char *text, size_t size)
{
    hold(memchr(text, '\0', size), "a text ends");
    hold(*text, "a text says something");
}

static void hold_cure(const struct mount_verdict *verdict, const char *path)
{
    char cure[MOUNT_HINTS];
    char little[8];
    mount_hint_volume(verdict, path, cure, sizeof cure);
    mount_hint_volume(verdict, path, little, sizeof little);
    hold_text(cure, sizeof cure);
    hold(strlen(cure) < sizeof cure - 1, "a cure is not cut");
    hold(strncmp(cure, little, strlen(little)) == 0, "but where there is no room");
}

static void hold_verdict(const char *text, size_t length, const char *path, unsigned marks,
                         struct mount_verdict *verdict)
{
    struct mount mount;
    struct mount_verdict again;
    memset(&again, 'x', sizeof again);
    mount_classify(text, length, path, marks, verdict);
    mount_classify(text, length, path, marks, &again);
    hold(same(verdict, &again), "what is the same is judged the same");
    hold(verdict->survival == MOUNT_PERSISTENT || verdict->survival == MOUNT_EPHEMERAL ||
             verdict->survival == MOUNT_UNKNOWN,
         "a verdict is one of three");
    hold(verdict->marks == marks, "with the marks that were given");
    hold((verdict->survival == MOUNT_UNKNOWN) == !mount_find(text, length, path, &mount),
         "where there is a mount, something is known");
    hold_text(verdict->text, sizeof verdict->text);
    hold_cure(verdict, path);
}

/* The bytes of the path that the mount's point stands for. */
static size_t point_length(const char *text, size_t length, const char *path)
{
    struct mount mount;
    char point[4096];
    if (!mount_find(text, length, path, &mount))
        return 0;
    mount_text(mount.point, point, sizeof point);
    size_t covered = strlen(point);
    if (covered == sizeof point - 1 || strcmp(point, "/") == 0)
        return 0;
    hold(strncmp(path, point, covered) == 0, "a path begins with the point of its mount");
    hold(path[covered] == '\0' || path[covered] == '/', "and with no half of a name");
    return covered;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned marks[] = {
        0,
        CONTAINER_DOCKER,
        CONTAINER_PODMAN,
        CONTAINER_DOCKER | CONTAINER_KUBERNETES,
        CONTAINER_SYSTEM,
    };
    const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
    if (!newline || *data != '/')
        return 0;
    size_t head = (size_t)(newline - data);
    size_t length = size - head - 1;
    _cleanup_free_ char *path = text_of(data, head);
    _cleanup_free_ char *text = text_of(newline + 1, length);
    _cleanup_free_ char *deeper = malloc(head + sizeof below);
    _cleanup_free_ char *more = malloc(length + sizeof no_mount);
    hold(deeper && more, "there is memory");
    head = strlen(path);
    while (head > 1 && path[head - 1] == '/')
        path[--head] = '\0';
    stpcpy(stpcpy(deeper, head > 1 ? path : ""), below);
    memcpy(more, text, length);
    memcpy(more + length, no_mount, sizeof no_mount);

    bool on_one = point_length(text, length, deeper) <= head;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct mount_verdict verdict;
        struct mount_verdict other;
        hold_verdict(text, length, path, marks[i], &verdict);
        mount_classify(more, length + sizeof no_mount - 1, path, marks[i], &other);
        hold(same(&verdict, &other), "a line that is no mount changes nothing");
        mount_classify(text, length, deeper, marks[i], &other);
        hold(!on_one || same(&verdict, &other), "what lies deeper on the mount is judged the same");
    }
    return 0;
}
