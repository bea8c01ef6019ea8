#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "store/mount_verdict.h"

static const char MOUNTINFO[] = "/proc/self/mountinfo";
enum { MOUNTINFO_USUAL = 4096, MOUNTINFO_MOST = 16 * 1024 * 1024 };

static unsigned marks_of(char *const *environment)
{
    static const struct {
        const char *container;
        unsigned mark;
    } table[] = {
        {"docker", CONTAINER_DOCKER},
        {"podman", CONTAINER_PODMAN},
        {"lxc", CONTAINER_SYSTEM},
        {"lxc-libvirt", CONTAINER_SYSTEM},
        {"systemd-nspawn", CONTAINER_SYSTEM},
    };
    const char *service = environment_get(environment, "KUBERNETES_SERVICE_HOST");
    const char *container = environment_get(environment, "container");
    unsigned marks = container && *container ? CONTAINER_OTHER : 0;
    for (size_t i = 0; marks && i < sizeof table / sizeof *table; i++)
        if (strcmp(container, table[i].container) == 0)
            marks = table[i].mark;
    if (access("/.dockerenv", F_OK) == 0)
        marks |= CONTAINER_DOCKER;
    if (access("/run/.containerenv", F_OK) == 0)
        marks |= CONTAINER_PODMAN;
    return service && *service ? marks | CONTAINER_KUBERNETES : marks;
}

/* The path, or the nearest existing directory above it, without links. */
static void find_existing(const char *path, char existing[PATH_MAX])
{
    char nearest[PATH_MAX];
    snprintf(nearest, sizeof nearest, "%s", path);
    while (!realpath(nearest, existing)) {
        char *slash = strrchr(nearest, '/');
        if (!slash || slash == nearest) {
            if (nearest[0] == '/' || !realpath(".", existing))
                snprintf(existing, PATH_MAX, "/");
            return;
        }
        *slash = '\0';
    }
}

static int read_mountinfo(struct secret *text, struct error *err)
{
    _cleanup_close_ int fd = open(MOUNTINFO, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_sys(err, "%s", MOUNTINFO);
    if (secret_reserve(text, MOUNTINFO_USUAL, err) < 0)
        return -1;
    return file_read(fd, MOUNTINFO, MOUNTINFO_MOST, text, err);
}

void mount_verdict_find(const char *path, char *const *environment, struct mount_verdict *verdict)
{
    struct error err = {0};
    char existing[PATH_MAX];
    _cleanup_secret_ struct secret text = {0};
    unsigned marks = marks_of(environment);

    find_existing(path, existing);
    if (read_mountinfo(&text, &err) == 0) {
        mount_classify(text.bytes, text.length, existing, marks, verdict);
        return;
    }
    mount_classify("", 0, existing, marks, verdict);
    snprintf(verdict->text, sizeof verdict->text, "not known: %s", err.message);
}
