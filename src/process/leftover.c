#include "process/leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

struct process {
    pid_t pid;
    pid_t parent;
    uint64_t started; /* ticks since boot: with the number it identifies a process */
    bool ours;        /* a descendant */
    bool stopped;
    bool zombie;
};

struct processes {
    struct process *list;
    size_t count;
    size_t room;
};

static void processes_free(struct processes *processes)
{
    free(processes->list);
}

/* Fields of /proc/PID/stat, counted as proc(5) does. */
enum { STATE = 3, PARENT = 4, THREADS = 20, STARTED = 22 };

/* "PID (NAME) STATE PARENT ...", where NAME may have any characters. Returns false where the process is gone. */
static bool read_process(pid_t pid, struct process *process)
{
    char path[32];
    char text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (length <= 0)
        return false;
    text[length] = '\0';
    const char *at = strrchr(text, ')');
    const char *fields[STARTED + 1];
    for (int field = STATE; field <= STARTED; field++) {
        at = at ? strchr(at, ' ') : NULL;
        if (!at)
            return false;
        fields[field] = ++at;
    }
    /* A process whose first thread has ended looks like a zombie while its other threads run. */
    bool ended = *fields[STATE] == 'Z' || *fields[STATE] == 'X';
    *process = (struct process){
        .pid = pid,
        .parent = (pid_t)strtol(fields[PARENT], NULL, 10),
        .started = strtoull(fields[STARTED], NULL, 10),
        .stopped = *fields[STATE] == 'T',
        .zombie = ended && strtol(fields[THREADS], NULL, 10) <= 1,
    };
    return true;
}

static void note(const char *name, void *context)
{
    struct processes *processes = context;
    struct process process;
    pid_t pid = (pid_t)strtol(name, NULL, 10);
    if (pid <= 0 || !read_process(pid, &process))
        return;
    if (processes->count == processes->room) {
        size_t room = processes->room ? processes->room * 2 : 64;
        struct process *list = reallocarray(processes->list, room, sizeof *list);
        if (!list)
            return;
        processes->list = list;
        processes->room = room;
    }
    processes->list[processes->count++] = process;
}

/* In the order of their numbers, as /proc lists them. */
static const struct process *find(const struct processes *processes, pid_t pid)
{
    size_t low = 0;
    size_t high = processes->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (processes->list[middle].pid == pid)
            return &processes->list[middle];
        if (processes->list[middle].pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Marks each process whose parent is marked, until none is added. Mostly one pass is enough, since children have
 * higher numbers. */
static void mark_ours(const struct processes *processes)
{
    for (bool added = true; added;) {
        added = false;
        for (size_t i = 0; i < processes->count; i++) {
            struct process *process = &processes->list[i];
            const struct process *parent = find(processes, process->parent);
            bool ours = process->parent == getpid() || (parent && parent->ours);
            added |= ours && !process->ours;
            process->ours |= ours;
        }
    }
}

/* Returns false where there is no /proc, or it is another namespace's, with other numbers. */
static bool list_processes(struct processes *processes)
{
    struct error ignored;
    char self[32] = "";
    if (readlink("/proc/self", self, sizeof self - 1) < 0 || strtol(self, NULL, 10) != getpid())
        return false;
    _cleanup_close_ int directory = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || file_list(directory, note, processes, &ignored) < 0)
        return false;
    mark_ours(processes);
    return true;
}

/* Another process may have the number by now: open the descriptor first, then check that it is the same process.
 * Without descriptors (before Linux 5.3, and in some sandboxes) only the check is left. */
static int send(const struct process *process, int number)
{
    struct process now;
    _cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    if (fd < 0 && errno == ESRCH)
        return -1;
    if (!read_process(process->pid, &now) || now.started != process->started) {
        errno = ESRCH;
        return -1;
    }
    int sent = fd < 0 ? -1 : (int)syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
    return fd < 0 || (sent < 0 && errno == ENOSYS) ? kill(process->pid, number) : sent;
}

struct leftover leftover_signal(int number)
{
    bool is_first = getpid() == 1;
    /* A running process may handle SIGCONT, and a pending stop would be lost. */
    bool to_stopped = number == SIGCONT;
    bool all = is_first && !to_stopped;
    _cleanup_(processes_free) struct processes processes = {0};
    struct leftover left = {.unseen = !list_processes(&processes)};
    for (size_t i = 0; i < processes.count; i++) {
        const struct process *process = &processes.list[i];
        bool meant = process->ours || (is_first && to_stopped && process->pid != 1);
        if (!meant || process->zombie || (to_stopped && !process->stopped))
            continue;
        if (send(process, all ? 0 : number) == 0)
            left.alive++;
        else if (errno == EPERM)
            left.refused++;
    }
    /* All at once: no process can fork away from it, and none gets the signal twice. */
    if (all && number != 0)
        kill(-1, number);
    return left;
}
