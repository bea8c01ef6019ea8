#include "store/mount_verdict.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/mountinfo.h"

enum { HEX_ID = 64 };

/* A mount, with the fields that are used more than once as text. */
struct location {
    struct mount mount;
    bool is_root; /* the mount of "/" */
    char type[32];
    char root[PATH_MAX];
    char source[PATH_MAX];
};

static bool __attribute__((format(printf, 3, 4)))
set_verdict(struct mount_verdict *verdict, enum survival survival, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(verdict->text, sizeof verdict->text, format, arguments);
    va_end(arguments);
    verdict->survival = survival;
    return true;
}

/* --- Patterns for the paths of container engines */

/* Whether the path begins with the components of the pattern. '#' stands for 64 hex digits, an engine's name for
 * an anonymous volume; '*' for the rest of a component. */
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

/* Where the path has the components of the pattern, or NULL. */
static const char *find_in_path(const char *path, const char *pattern)
{
    for (const char *p = strchr(path, '/'); p; p = strchr(p, '/'))
        if (begins(++p, pattern))
            return p;
    return NULL;
}

/* --- Ephemeral mounts */

static bool is_memory(const struct location *location)
{
    static const char *const types[] = {"tmpfs", "ramfs", "rootfs", "devtmpfs", "hugetlbfs"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(location->type, types[i]) == 0)
            return true;
    return strncmp(location->source, "/dev/ram", 8) == 0 ||
           strncmp(location->source, "/dev/zram", 9) == 0;
}

static bool classify_memory(const struct location *location, struct mount_verdict *verdict)
{
    if (!is_memory(location))
        return false;
    const char *kind = "";
    if (verdict->marks & CONTAINER_KUBERNETES)
        kind = verdict->read_only ? ", as a Kubernetes secret is"
                                  : ", as a Kubernetes emptyDir of medium Memory is";
    return set_verdict(verdict, MOUNT_EPHEMERAL, "memory (%s)%s", location->type, kind);
}

/* Whether an overlay writes its changes to a layer of a container engine. */
static bool upper_is_layer(const struct location *location)
{
    static const char *const layers[] = {
        "#/diff",
        "overlay2/*/diff",
        "overlay-containers/#",
        "io.containerd.snapshotter.*",
        "runc-overlayfs/snapshots",
    };
    char upper[PATH_MAX] = "/";
    mount_text(mount_value(location->mount.super_options, "upperdir"), upper + 1, sizeof upper - 1);
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        if (find_in_path(upper, layers[i]))
            return true;
    return false;
}

/* An overlay elsewhere than on "/" may belong to the host: some systems have one on /etc. */
static bool classify_overlay(const struct location *location, struct mount_verdict *verdict)
{
    static const char *const types[] = {"overlay", "overlayfs", "aufs", "fuse.fuse-overlayfs"};
    bool is_overlay = false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        is_overlay |= strcmp(location->type, types[i]) == 0;
    if (!is_overlay)
        return false;
    bool is_layer = strcmp(location->type, "overlay") != 0 || upper_is_layer(location);
    if (location->is_root && (is_layer || verdict->marks))
        return set_verdict(verdict, MOUNT_EPHEMERAL, "the container's own writable layer (%s)",
                           location->type);
    if (is_layer)
        return set_verdict(verdict, MOUNT_EPHEMERAL, "a container's writable layer (%s)",
                           location->type);
    return location->is_root &&
           set_verdict(verdict, MOUNT_EPHEMERAL,
                       "a root whose changes lie in a layer above it (%s)", location->type);
}

/* Layers of drivers without overlay, and directories that engines and kubelet remove with the container or pod. */
static bool classify_directory(const struct location *location, struct mount_verdict *verdict)
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
        if (find_in_path(location->root, table[i].pattern))
            return set_verdict(verdict, MOUNT_EPHEMERAL, "%s", table[i].what);
    return false;
}

/* Layers on block devices or ZFS datasets. */
static bool classify_source(const struct location *location, struct mount_verdict *verdict)
{
    const char *last = strrchr(location->source, '/');
    bool is_dataset = strcmp(location->type, "zfs") == 0 && last && begins(last + 1, "#");
    bool is_thin = strncmp(location->source, "/dev/mapper/docker-", 19) == 0 &&
                   strcmp(location->root, "/rootfs") == 0;
    return (is_dataset || is_thin) &&
           set_verdict(verdict, MOUNT_EPHEMERAL, "a container's writable layer (%s)",
                       is_thin ? "devicemapper" : "zfs");
}

/* --- All other mounts */

static bool classify_root(const struct location *location, struct mount_verdict *verdict)
{
    if (!location->is_root)
        return false;
    /* The name of the copy that systemd-nspawn --ephemeral runs in. */
    if (strstr(location->root, "/.#"))
        return set_verdict(verdict, MOUNT_EPHEMERAL, "the root of an ephemeral container (%s)",
                           location->type);
    if (verdict->marks == CONTAINER_SYSTEM)
        return set_verdict(verdict, MOUNT_PERSISTENT, "this system container's own disk (%s)",
                           location->type);
    if (verdict->marks)
        return set_verdict(verdict, MOUNT_EPHEMERAL, "the container's own root file system (%s)",
                           location->type);
    return set_verdict(verdict, MOUNT_PERSISTENT, "this machine's root file system (%s)",
                       location->type);
}

/* Which hosts a lock reaches. */
enum reach {
    HERE,       /* this host */
    EVERYWHERE, /* all hosts */
    DESKTOP,    /* unknown: a folder of a Mac or of Windows, shared with a virtual machine */
};

/* File systems that several hosts may have mounted at once. One of the options in `unless` exchanges HERE and
 * EVERYWHERE. */
static const struct network {
    const char *type; /* "*" at its end matches any text */
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

static const struct network *network_of(const struct location *location)
{
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if (begins(location->type, networks[i].type))
            return &networks[i];
    return NULL;
}

static bool locks_are_shared(const struct location *location)
{
    const struct network *network = network_of(location);
    if (!network)
        return true;
    char unless[64];
    snprintf(unless, sizeof unless, "%s", network->unless);
    char *rest = unless;
    for (const char *one = strsep(&rest, ","); one; one = strsep(&rest, ","))
        if (*one && mount_has(location->mount.super_options, one))
            return network->reach == HERE;
    return network->reach == EVERYWHERE;
}

static bool classify_volume(const struct location *location, struct mount_verdict *verdict)
{
    const char *volume = find_in_path(location->root, "volumes/*/_data");
    if (network_of(location))
        return set_verdict(verdict, MOUNT_PERSISTENT, "a shared file system (%s)", location->type);
    if (!verdict->marks)
        return set_verdict(verdict, MOUNT_PERSISTENT, "a file system of this machine (%s)",
                           location->type);
    if (volume) {
        const char *name = strchr(volume, '/') + 1;
        return set_verdict(verdict, MOUNT_PERSISTENT, "the volume %.*s of this host (%s)",
                           (int)strcspn(name, "/"), name, location->type);
    }
    if (strcmp(location->root, "/") == 0)
        return set_verdict(verdict, MOUNT_PERSISTENT, "a file system of its own (%s)",
                           location->type);
    return set_verdict(verdict, MOUNT_PERSISTENT, "a directory of this host: %s (%s)",
                       location->root, location->type);
}

static void classify_location(const struct location *location, struct mount_verdict *verdict)
{
    static bool (*const kinds[])(const struct location *, struct mount_verdict *) = {
        classify_memory, classify_overlay, classify_directory,
        classify_source, classify_root,    classify_volume,
    };
    verdict->read_only =
        mount_has(location->mount.options, "ro") || mount_has(location->mount.super_options, "ro");
    verdict->locks_are_shared = locks_are_shared(location);
    verdict->is_desktop_share = network_of(location) && network_of(location)->reach == DESKTOP;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i](location, verdict))
            return;
}

void mount_classify(const char *mountinfo, size_t length, const char *path, unsigned marks,
                    struct mount_verdict *verdict)
{
    struct location location;
    *verdict = (struct mount_verdict){.locks_are_shared = true, .marks = marks};
    if (!mount_find(mountinfo, length, path, &location.mount)) {
        set_verdict(verdict, MOUNT_UNKNOWN, "none of the mounts in /proc/self/mountinfo");
        return;
    }
    location.is_root = span_is(location.mount.point, "/");
    mount_text(location.mount.type, location.type, sizeof location.type);
    mount_text(location.mount.root, location.root, sizeof location.root);
    mount_text(location.mount.source, location.source, sizeof location.source);
    classify_location(&location, verdict);
}

/* --- Hints */

/* Whether the path needs no quotes in a shell, in -v and in YAML. */
static bool is_plain(const char *path)
{
    struct span text = {path, strlen(path)};
    return *path == '/' && text.length > 1 && text.length <= 64 &&
           span_plain(text, "/._-") == text.length;
}

static const char *engine_of(const struct mount_verdict *verdict)
{
    return verdict->marks & CONTAINER_PODMAN ? "podman" : "docker";
}

void mount_hint_move(const struct mount_verdict *verdict, char *text, size_t size)
{
    static const char what[] = "move the store, with its files, to a";
    if (verdict->marks & CONTAINER_KUBERNETES)
        snprintf(text, size, "%s PersistentVolumeClaim that is not a directory of the host", what);
    else if (verdict->marks & (CONTAINER_DOCKER | CONTAINER_PODMAN))
        snprintf(text, size, "%s named volume: %s run -v fernit:/var/lib/fernit ...", what,
                 engine_of(verdict));
    else
        snprintf(text, size, "%s volume or a disk that no other machine shares", what);
}

void mount_hint_volume(const struct mount_verdict *verdict, const char *path, char *text,
                       size_t size)
{
    const char *engine = engine_of(verdict);
    const char *first = is_plain(path) ? "" : "give --store /var/lib/fernit\n";
    if (!is_plain(path))
        path = "/var/lib/fernit";
    if (verdict->marks & CONTAINER_KUBERNETES)
        snprintf(text, size,
                 "%sadd to the container's volumeMounts: - {name: fernit, mountPath: %s}\n"
                 "add to the pod's volumes: - {name: fernit, persistentVolumeClaim: {claimName: "
                 "fernit}}\n"
                 "for replicas on several nodes the claim must be ReadWriteMany",
                 first, path);
    else if (verdict->marks == CONTAINER_SYSTEM || !verdict->marks)
        snprintf(text, size,
                 "give --store (FERNIT_STORE) a directory on a disk that stays\n"
                 "or, in a container, add a volume: -v fernit:%s",
                 path);
    else
        snprintf(text, size,
                 "%sadd a volume: %s run -v fernit:%s ...\n"
                 "in Compose: volumes: [\"fernit:%s\"] under the service, and volumes: {fernit: } "
                 "at the top level",
                 first, engine, path, path);
}
