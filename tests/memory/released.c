/* Looks into memory at the moment it is given back, and at what is left of it when the program ends: whether
 * one of the secrets that a test knows still stands there.
 *
 * Linked into a program, it stands in for free, realloc and munmap of every library in it; libsodium gives its
 * guarded pages back through munmap. At the end it reads all that can be written to, but for what the kernel has
 * handed over, arguments and environment, and its own.
 *
 *   FERNIT_TEST_SECRETS  what to look for, in hex, with commas between
 *   FERNIT_TEST_FOUND    a file that exists: a line is added for each finding, with where it came from, and one at the end
 *   FERNIT_TEST_RANDOM   where it is set, 32 random bytes are 77, 108 and so on, each by 31 more
 *
 * Where a program executes another one, the kernel takes all that is left at one stroke, and nothing is looked at. */
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/random.h"

enum { SECRETS_MOST = 512, LONGEST = 64, PIECE = 1 << 16, FRAMES = 32, STACK = 1 << 20 };

/* The C library's own, behind the ones that we stand in for. */
void __libc_free(void *block);
void *__libc_realloc(void *block, size_t size);

static struct {
    unsigned char secrets[SECRETS_MOST][LONGEST];
    size_t lengths[SECRETS_MOST];
    size_t count;
    bool begins[256]; /* one of them, with this byte */
    const char *file;
    bool looking;     /* what is given back meanwhile is our own */
    size_t blocks;    /* that were given back, */
    size_t mappings;  /* the same, */
    size_t remaining; /* and bytes that were looked at at the end */
    unsigned char piece[PIECE + LONGEST];
} hook;

static int digit(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

__attribute__((constructor)) static void take_secrets(void)
{
    const char *text = getenv("FERNIT_TEST_SECRETS");
    hook.file = getenv("FERNIT_TEST_FOUND");
    while (text && *text && hook.count < SECRETS_MOST) {
        size_t length = strcspn(text, ",") / 2;
        unsigned char *secret = hook.secrets[hook.count];
        for (size_t i = 0; i < length && i < LONGEST; i++)
            secret[i] = (unsigned char)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
        hook.lengths[hook.count++] = length < LONGEST ? length : LONGEST;
        hook.begins[secret[0]] = true;
        text += 2 * length + (text[2 * length] == ',');
    }
}

static bool holds_secret(const unsigned char *bytes, size_t size)
{
    for (size_t at = 0; at < size; at++)
        for (size_t i = 0; hook.begins[bytes[at]] && i < hook.count; i++)
            if (hook.lengths[i] <= size - at &&
                memcmp(bytes + at, hook.secrets[i], hook.lengths[i]) == 0)
                return true;
    return false;
}

/* A line into the test's file; with its origin, where the process has come from. */
static void report(const char *line, bool origin)
{
    int fd = open(hook.file, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0 || write(fd, line, strlen(line)) != (ssize_t)strlen(line))
        abort();
    if (origin) {
        void *frames[FRAMES];
        backtrace_symbols_fd(frames, backtrace(frames, FRAMES), fd);
    }
    close(fd);
}

static void found(const char *where, size_t size)
{
    char line[256];
    snprintf(line, sizeof line, "found: %s: a secret in %zu bytes\n", where, size);
    report(line, true);
}

static void account(void)
{
    char line[128];
    snprintf(line, sizeof line, "looked: %zu blocks, %zu mappings, %zu bytes at the end\n",
             hook.blocks, hook.mappings, hook.remaining);
    if (hook.file)
        report(line, false);
}

/* By way of the kernel, since guard pages may lie in between; each piece begins with the end of the one before. */
static void look(const char *where, uintptr_t start, size_t size)
{
    const size_t page = 4096;
    size_t kept = 0;
    if (!hook.file || hook.looking)
        return;
    hook.looking = true;
    for (size_t at = 0; at < size;) {
        size_t ends = page - (start + at) % page;
        size_t wanted = size - at < ends ? size - at : ends;
        struct iovec here = {hook.piece + kept, wanted};
        struct iovec there = {(void *)(start + at), wanted}; // NOLINT(performance-no-int-to-ptr)
        ssize_t got = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
        at += wanted;
        if (got <= 0) {
            kept = 0;
            continue;
        }
        size_t have = kept + (size_t)got;
        if (holds_secret(hook.piece, have)) {
            found(where, size);
            break;
        }
        kept = have < LONGEST ? have : LONGEST - 1;
        memmove(hook.piece, hook.piece + have - kept, kept);
    }
    memset(hook.piece, 0, sizeof hook.piece);
    hook.looking = false;
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc's are reserved names
void free(void *block)
{
    if (block) {
        look("free", (uintptr_t)block, malloc_usable_size(block));
        hook.blocks++;
    }
    __libc_free(block);
}

/* Always moved, so that what it leaves behind is seen. */
void *realloc(void *block, size_t size)
{
    if (!block || !hook.file)
        return __libc_realloc(block, size);
    void *moved = malloc(size);
    size_t had = malloc_usable_size(block);
    if (moved) {
        memcpy(moved, block, had < size ? had : size);
        look("realloc", (uintptr_t)block, had);
        hook.blocks++;
        __libc_free(block);
    }
    return moved;
}

int munmap(void *start, size_t size)
{
    look("munmap", (uintptr_t)start, size);
    hook.mappings++;
    return (int)syscall(SYS_munmap, start, size);
}

int execve(const char *path, char *const argv[], char *const environment[])
{
    account();
    return (int)syscall(SYS_execve, path, argv, environment);
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

/* The program's own, so that a test knows the key that is about to be created. */
int random_fill(void *bytes, size_t length, struct error *err)
{
    (void)err;
    bool known = length == 32 && getenv("FERNIT_TEST_RANDOM");
    if (!known && getrandom(bytes, length, 0) != (ssize_t)length)
        abort();
    for (size_t i = 0; known && i < length; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)(77 + 31 * i);
    return 0;
}

static uintptr_t within(uintptr_t address, uintptr_t start, uintptr_t end)
{
    return address < start ? start : address > end ? end : address;
}

/* What lies between two addresses, but for our own memory. */
static void look_between(const char *name, uintptr_t start, uintptr_t end)
{
    uintptr_t own = within((uintptr_t)&hook, start, end);
    uintptr_t behind = within((uintptr_t)(&hook + 1), start, end);
    look(name, start, own - start);
    look(name, behind, end - behind);
    hook.remaining += end - start;
}

/* First what calls that have returned have left on the stack, before ours write over it. What lies above is main's,
 * and what the kernel has handed over. */
__attribute__((destructor)) static void look_at_the_rest(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    look("the stack", here - STACK, STACK);
    FILE *maps = hook.file ? fopen("/proc/self/maps", "re") : NULL;
    char line[512];
    while (maps && fgets(line, sizeof line, maps)) {
        line[strcspn(line, "\n")] = '\0';
        char *rights;
        uintptr_t start = strtoul(line, &rights, 16);
        uintptr_t end = strtoul(rights + 1, &rights, 16);
        const char *name = strrchr(line, ' ') + 1;
        if (rights[2] == 'w' && strcmp(name, "[stack]") != 0)
            look_between(*name ? name : "memory", start, end);
    }
    if (maps)
        fclose(maps);
    account();
}
