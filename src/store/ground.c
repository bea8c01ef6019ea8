#include "store/ground.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/mountinfo.h"

enum { HEX_ID = 64 };

/* A mount, and what is asked of it more than once. */
struct place {
    struct mount mount;
    bool is_root; /* the mount of "/" */
    char type[32];
    char root[PATH_MAX];
    char source[PATH_MAX];
};

static bool __attribute__((format(printf, 3, 4)))
verdict(struct ground *ground, enum survival survival, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ground->text, sizeof ground->text, format, arguments);
    va_end(arguments);
    ground->survival = survival;
    return true;
}

/* --- Paths that say whose they are */

/* Whether the components of the pattern are the next ones. '#' stands for 64 hex digits, which is what
 * engines call what nobody has given a name; '*' for the rest of a component. */
static bool begins(const char *path, const char *pattern)
{
    for (; *pattern; pattern++) {
        size_t length = *pattern == '#' ? strspn(path, "0123456789abcdef") : strcspn(path, "/");
        if (*pattern == '#' ? length != HEX_ID : *pattern != '*' && *path != *pattern)
            return false;
        path += *pattern == '#' || *pattern == '*' ? length : 1;
    }
    return *path == '\0' || *path == '/';
}

/* Where in the path the components of the pattern stand, or NULL. */
static const char *holds(const char *path, const char *pattern)
{
    for (const char *p = strchr(path, '/'); p; p = strchr(p, '/'))
        if (begins(++p, pattern))
            return p;
    return NULL;
}

/* --- What dies */

static bool is_memory(const struct place *place)
{
    static const char *const types[] = {"tmpfs", "ramfs", "rootfs", "devtmpfs", "hugetlbfs"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(place->type, types[i]) == 0)
            return true;
    return strncmp(place->source, "/dev/ram", 8) == 0 ||
           strncmp(place->source, "/dev/zram", 9) == 0;
}

static bool judge_memory(const struct place *place, struct ground *ground)
{
    if (!is_memory(place))
        return false;
    const char *kind = "";
    if (ground->marks & GROUND_KUBERNETES)
        kind = ground->read_only ? ", as a Kubernetes secret is"
                                 : ", as a Kubernetes emptyDir of medium Memory is";
    return verdict(ground, GROUND_DIES, "memory (%s)%s", place->type, kind);
}

/* Where the changes to an overlay go; engines keep them in layers. */
static bool upper_is_layer(const struct place *place)
{
    static const char *const layers[] = {
        "#/diff",
        "overlay2/*/diff",
        "overlay-containers/#",
        "io.containerd.snapshotter.*",
        "runc-overlayfs/snapshots",
    };
    char upper[PATH_MAX] = "/";
    mount_text(mount_value(place->mount.super_options, "upperdir"), upper + 1, sizeof upper - 1);
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        if (holds(upper, layers[i]))
            return true;
    return false;
}

/* An overlay elsewhere than on "/" may be a host's own, as the /etc of some systems is. */
static bool judge_overlay(const struct place *place, struct ground *ground)
{
    static const char *const types[] = {"overlay", "overlayfs", "aufs", "fuse.fuse-overlayfs"};
    bool is_overlay = false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        is_overlay |= strcmp(place->type, types[i]) == 0;
    if (!is_overlay)
        return false;
    bool is_layer = strcmp(place->type, "overlay") != 0 || upper_is_layer(place);
    if (place->is_root && (is_layer || ground->marks))
        return verdict(ground, GROUND_DIES, "the container's own writable layer (%s)", place->type);
    if (is_layer)
        return verdict(ground, GROUND_DIES, "a container's writable layer (%s)", place->type);
    return place->is_root &&
           verdict(ground, GROUND_DIES, "a root whose changes lie in a layer above it (%s)",
                   place->type);
}

/* Layers of the drivers that need no overlay, and directories that engines and kubelet remove together
 * with their container or pod. */
static bool judge_directory(const struct place *place, struct ground *ground)
{
    static const struct {
        const char *pattern;
        const char *what;
    } table[] = {
        {"vfs/dir/#", "a container's writable layer (vfs)"},
        {"btrfs/subvolumes/#", "a container's writable layer (btrfs)"},
        {"io.containerd.snapshotter.*", "a container's writable layer (containerd)"},
        {"containers/#/volumes/#", "an anonymous volume"},
        {"containers/#", "a directory of the container's own"},
        {"overlay-containers/#", "a directory of the container's own"},
        {"#/_data", "an anonymous volume"},
        {"kubernetes.io~empty-dir", "a Kubernetes emptyDir (disk)"},
        {"kubernetes.io~configmap", "a Kubernetes configMap"},
        {"kubernetes.io~secret", "a Kubernetes secret"},
        {"kubernetes.io~projected", "a Kubernetes projected volume"},
        {"kubernetes.io~downward-api", "a Kubernetes downwardAPI volume"},
        {"kubernetes.io~git-repo", "a Kubernetes gitRepo volume"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (holds(place->root, table[i].pattern))
            return verdict(ground, GROUND_DIES, "%s", table[i].what);
    return false;
}

/* Layers that are block devices or datasets. */
static bool judge_source(const struct place *place, struct ground *ground)
{
    const char *last = strrchr(place->source, '/');
    bool is_dataset = strcmp(place->type, "zfs") == 0 && last && begins(last + 1, "#");
    bool is_thin = strncmp(place->source, "/dev/mapper/docker-", 19) == 0 &&
                   strcmp(place->root, "/rootfs") == 0;
    return (is_dataset || is_thin) &&
           verdict(ground, GROUND_DIES, "a container's writable layer (%s)",
                   is_thin ? "devicemapper" : "zfs");
}

/* --- What is left */

static bool judge_root(const struct place *place, struct ground *ground)
{
    if (!place->is_root)
        return false;
    /* What systemd-nspawn calls the copy that --ephemeral runs in. */
    if (strstr(place->root, "/.#"))
        return verdict(ground, GROUND_DIES, "the root of an ephemeral container (%s)", place->type);
    if (ground->marks == GROUND_SYSTEM)
        return verdict(ground, GROUND_SURVIVES, "this system container's own disk (%s)",
                       place->type);
    if (ground->marks)
        return verdict(ground, GROUND_DIES, "the container's own root file system (%s)",
                       place->type);
    return verdict(ground, GROUND_SURVIVES, "this machine's root file system (%s)", place->type);
}

/* Whom a lock reaches. */
enum reach {
    HERE,       /* this host */
    EVERYWHERE, /* all hosts */
    DESKTOP, /* nobody for sure: a directory of a Mac, of Windows or the like, shared with a virtual machine */
};

/* File systems that several hosts may have mounted at once. HERE and EVERYWHERE are turned round by one of the
 * options. */
static const struct network {
    const char *type; /* a "*" at its end stands for anything */
    enum reach reach;
    const char *unless;
} networks[] = {
    {"nfs", EVERYWHERE, "nolock,local_lock=all,local_lock=posix"},
    {"nfs4", EVERYWHERE, "nolock,local_lock=all,local_lock=posix"},
    {"cifs", EVERYWHERE, "nobrl"},
    {"smb3", EVERYWHERE, "nobrl"},
    {"ceph", EVERYWHERE, ""},
    {"gpfs", EVERYWHERE, ""},
    {"lustre", HERE, "flock"},
    {"ocfs2", EVERYWHERE, "localflocks"},
    {"gfs2", EVERYWHERE, "localflocks"},
    {"fuse.glusterfs", EVERYWHERE, ""},
    {"fuse.ceph", EVERYWHERE, ""},
    {"fuse.ceph-fuse", EVERYWHERE, ""},
    {"fuse.juicefs", EVERYWHERE, ""},
    {"fuse.mfs", EVERYWHERE, ""},
    {"fuse.fuse-overlayfs", EVERYWHERE, ""},
    {"fuse.grpcfuse", DESKTOP, ""},
    {"fuse.osxfs", DESKTOP, ""},
    {"grpcfuse", DESKTOP, ""},
    {"osxfs", DESKTOP, ""},
    {"fakeowner", DESKTOP,
     ""}, /* Docker Desktop's, over virtiofs: github.com/docker/for-mac/issues/7004 */
    {"virtiofs", DESKTOP, ""},
    {"virtiofs.*", DESKTOP, ""},
    {"9p", DESKTOP, ""},
    {"vboxsf", DESKTOP, ""},
    {"fuse", HERE, ""},
    {"fuse.*", HERE, ""},
    {"beegfs", HERE, ""},
};

static const struct network *network_of(const struct place *place)
{
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if (begins(place->type, networks[i].type))
            return &networks[i];
    return NULL;
}

static bool locks_are_shared(const struct place *place)
{
    const struct network *network = network_of(place);
    if (!network)
        return true;
    char unless[64];
    snprintf(unless, sizeof unless, "%s", network->unless);
    char *rest = unless;
    for (const char *one = strsep(&rest, ","); one; one = strsep(&rest, ","))
        if (*one && mount_has(place->mount.super_options, one))
            return network->reach == HERE;
    return network->reach == EVERYWHERE;
}

static bool judge_volume(const struct place *place, struct ground *ground)
{
    const char *volume = holds(place->root, "volumes/*/_data");
    if (network_of(place))
        return verdict(ground, GROUND_SURVIVES, "a shared file system (%s)", place->type);
    if (!ground->marks)
        return verdict(ground, GROUND_SURVIVES, "a file system of this machine (%s)", place->type);
    if (volume) {
        const char *name = strchr(volume, '/') + 1;
        return verdict(ground, GROUND_SURVIVES, "the volume %.*s of this host (%s)",
                       (int)strcspn(name, "/"), name, place->type);
    }
    if (strcmp(place->root, "/") == 0)
        return verdict(ground, GROUND_SURVIVES, "a file system of its own (%s)", place->type);
    return verdict(ground, GROUND_SURVIVES, "a directory of this host: %s (%s)", place->root,
                   place->type);
}

static void judge_place(const struct place *place, struct ground *ground)
{
    static bool (*const judges[])(const struct place *, struct ground *) = {
        judge_memory, judge_overlay, judge_directory, judge_source, judge_root, judge_volume,
    };
    ground->read_only =
        mount_has(place->mount.options, "ro") || mount_has(place->mount.super_options, "ro");
    ground->locks_are_shared = locks_are_shared(place);
    ground->of_desktop = network_of(place) && network_of(place)->reach == DESKTOP;
    for (size_t i = 0; i < sizeof judges / sizeof *judges; i++)
        if (judges[i](place, ground))
            return;
}

void ground_judge(const char *mountinfo, size_t length, const char *path, unsigned marks,
                  struct ground *ground)
{
    struct place place;
    *ground = (struct ground){.locks_are_shared = true, .marks = marks};
    if (!mount_find(mountinfo, length, path, &place.mount)) {
        verdict(ground, GROUND_UNKNOWN, "none of the mounts in /proc/self/mountinfo");
        return;
    }
    place.is_root = span_is(place.mount.point, "/");
    mount_text(place.mount.type, place.type, sizeof place.type);
    mount_text(place.mount.root, place.root, sizeof place.root);
    mount_text(place.mount.source, place.source, sizeof place.source);
    judge_place(&place, ground);
}

/* --- The cure */

/* Whether it can stand in a shell's line, in a -v and in YAML as it is. */
static bool is_plain(const char *path)
{
    struct span text = {path, strlen(path)};
    return *path == '/' && text.length > 1 && text.length <= 64 &&
           span_plain(text, "/._-") == text.length;
}

static const char *engine_of(const struct ground *ground)
{
    return ground->marks & GROUND_PODMAN ? "podman" : "docker";
}

void ground_move(const struct ground *ground, char *text, size_t size)
{
    static const char what[] = "move the store, with its files, to a";
    if (ground->marks & GROUND_KUBERNETES)
        snprintf(text, size, "%s PersistentVolumeClaim that is no directory of the host", what);
    else if (ground->marks & (GROUND_DOCKER | GROUND_PODMAN))
        snprintf(text, size, "%s named volume: %s run -v fernit:/var/lib/fernit ...", what,
                 engine_of(ground));
    else
        snprintf(text, size, "%s volume or a disk that no other machine shares", what);
}

void ground_cure(const struct ground *ground, const char *path, char *text, size_t size)
{
    const char *engine = engine_of(ground);
    const char *first = is_plain(path) ? "" : "with --store /var/lib/fernit: ";
    if (!is_plain(path))
        path = "/var/lib/fernit";
    if (ground->marks & GROUND_KUBERNETES)
        snprintf(text, size,
                 "%sunder the container's volumeMounts: - {name: fernit, mountPath: %s}; under the "
                 "pod's volumes: - {name: fernit, persistentVolumeClaim: {claimName: fernit}}; the "
                 "claim ReadWriteMany for replicas on several nodes",
                 first, path);
    else if (ground->marks == GROUND_SYSTEM || !ground->marks)
        snprintf(
            text, size,
            "give --store (FERNIT_STORE) a directory on a disk that stays; in a container, add "
            "-v fernit:%s to the words that run it",
            path);
    else
        snprintf(
            text, size,
            "%s%s run -v fernit:%s ...; compose: volumes: [\"fernit:%s\"] under the service, and "
            "volumes: {fernit: } at the top level",
            first, engine, path, path);
}
