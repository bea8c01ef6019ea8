/* What kind of mount the store is on: whether it outlives the container, whether it can be written to,
 * and whether its locks hold for all who share it.
 *
 * Ephemeral: memory (tmpfs); a container's writable layer, of whatever driver; an anonymous volume, which the
 * next container does not get; a Kubernetes emptyDir, and the volumes that kubelet fills itself; and what
 * cannot be told apart, if it lies on the mount of "/" and there are marks of a container. The root of a
 * system container (LXC, systemd-nspawn) is its disk, and survives.
 *
 * Persistent: all else. A bind mount or a hostPath is tied to its host, and the text says so.
 *
 * Not told apart, since it cannot be seen from inside: a volume that is removed together with its
 * container or pod (docker rm -v, a generic ephemeral volume).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum survival {
    MOUNT_UNKNOWN, /* no mountinfo, or none of its mounts: a chroot */
    MOUNT_PERSISTENT,
    MOUNT_EPHEMERAL,
};

/* Marks of a container, and of which. */
enum {
    CONTAINER_DOCKER = 1 << 0,     /* /.dockerenv, container=docker */
    CONTAINER_PODMAN = 1 << 1,     /* /run/.containerenv (CRI-O, too), container=podman */
    CONTAINER_KUBERNETES = 1 << 2, /* KUBERNETES_SERVICE_HOST */
    CONTAINER_OTHER = 1 << 3,      /* another container=... */
    CONTAINER_SYSTEM =
        1 << 4, /* container=lxc, systemd-nspawn: it has an init, and a disk of its own */
};

enum { MOUNT_TEXT = 256, MOUNT_CURE = 512 };

struct mount_verdict {
    enum survival survival;
    bool read_only;
    bool
        locks_are_shared; /* a lock is seen by all hosts that have it mounted; true where unknown */
    bool
        of_desktop; /* a directory of a Mac, of Windows or the like, shared with a virtual machine */
    unsigned marks;
    char text[MOUNT_TEXT]; /* what it is, for people: "an anonymous volume" */
};

/* Classifies by the text of /proc/self/mountinfo. `path` is absolute and without links: the store's, or that of
 * the nearest directory above it that exists. Looks at nothing else. */
void mount_classify(const char *mountinfo, size_t length, const char *path, unsigned marks,
                    struct mount_verdict *verdict);

/* Looks for itself: at /proc/self/mountinfo, at the way to `path`, which need not exist, and for marks. */
void mount_verdict_find(const char *path, char *const *environment, struct mount_verdict *verdict);

/* Where to move a store from a mount whose locks do not reach all containers (of_desktop): what a container has depends on who
 * runs it, since virtiofs and 9p are also the volumes of Kata and gVisor, and of a virtual machine without containers. */
void mount_move(const struct mount_verdict *verdict, char *text, size_t size);

/* Hints, a line each: what to add, so that the store at `path` survives, for docker run and Compose, which cannot be told
 * apart from inside, for podman or for a pod. */
void mount_cure(const struct mount_verdict *verdict, const char *path, char *text, size_t size);
