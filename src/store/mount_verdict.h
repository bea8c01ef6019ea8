/* The kind of mount that the store is on: whether it outlives the container, whether it is writable, and whether
 * its locks reach every host that has it mounted.
 *
 * Ephemeral: memory (tmpfs); a container's writable layer, of any driver; an anonymous volume, which the next
 * container does not get; a Kubernetes emptyDir, and the volumes that kubelet fills itself; and an unknown kind on
 * the mount of "/" if there are signs of a container. The root of a system container (LXC, systemd-nspawn) is its
 * disk, and persists.
 *
 * Persistent: everything else. A bind mount or a hostPath exists on one host only, and the text says so.
 *
 * Cannot be seen from inside: a volume that is removed together with its container or pod (docker rm -v, a generic
 * ephemeral volume).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum survival {
    MOUNT_UNKNOWN, /* no mountinfo, or the path is on none of its mounts: a chroot */
    MOUNT_PERSISTENT,
    MOUNT_EPHEMERAL,
};

/* Signs of a container, and of which kind. */
enum {
    CONTAINER_DOCKER = 1 << 0,     /* /.dockerenv, container=docker */
    CONTAINER_PODMAN = 1 << 1,     /* /run/.containerenv (CRI-O, too), container=podman */
    CONTAINER_KUBERNETES = 1 << 2, /* KUBERNETES_SERVICE_HOST */
    CONTAINER_OTHER = 1 << 3,      /* another container=... */
    CONTAINER_SYSTEM = 1 << 4, /* container=lxc, systemd-nspawn: with an init and its own disk */
};

enum { MOUNT_TEXT = 256, MOUNT_HINTS = 512 };

struct mount_verdict {
    enum survival survival;
    bool read_only;
    bool locks_are_shared; /* locks reach all hosts that have it mounted; true if unknown */
    bool is_desktop_share; /* a folder of a Mac or of Windows, shared with a virtual machine */
    unsigned marks;        /* CONTAINER_... */
    char text[MOUNT_TEXT]; /* its kind, for messages: "an anonymous volume" */
};

/* Classifies the mount of `path` by the text of /proc/self/mountinfo. `path` is absolute and without links: the
 * store, or the nearest existing directory above it. Pure. */
void mount_classify(const char *mountinfo, size_t length, const char *path, unsigned marks,
                    struct mount_verdict *verdict);

/* The same for any `path`, which need not exist: reads /proc/self/mountinfo, resolves links, and finds the marks. */
void mount_verdict_find(const char *path, char *const *environment, struct mount_verdict *verdict);

/* A hint: where to move a store whose locks do not reach all containers (is_desktop_share). It depends on the
 * container engine, because Kata, gVisor and virtual machines without containers use virtiofs and 9p, too. */
void mount_hint_move(const struct mount_verdict *verdict, char *text, size_t size);

/* Hints, a line each: how to put the store at `path` on a volume, with docker run and Compose (they look the same
 * from inside), with podman or in a pod. */
void mount_hint_volume(const struct mount_verdict *verdict, const char *path, char *text,
                       size_t size);
