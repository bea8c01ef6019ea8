#include "process/anew.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sodium.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* As deep as any of our calls goes, where the stack may become as large. */
enum { STACK_USED = 256 * 1024 };

static size_t stack_used(void)
{
    struct rlimit limit = {.rlim_cur = 0};
    getrlimit(RLIMIT_STACK, &limit);
    return limit.rlim_cur / 4 < STACK_USED ? (size_t)limit.rlim_cur / 4 : STACK_USED;
}

extern char __ehdr_start[] __attribute__((visibility("hidden")));

/* Whether a file holds, where this program has its code and constants, the same bytes. Its data it has
 * changed by now. */
static int is_this_program(int fd)
{
    const ElfW(Ehdr) *header = (const void *)__ehdr_start;
    const ElfW(Phdr) *segments = (const void *)(__ehdr_start + header->e_phoff);
    struct stat status;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size <= 0)
        return 0;
    size_t size = (size_t)status.st_size;
    char *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return 0;
    int same = 1;
    for (size_t i = 0; i < header->e_phnum && same; i++)
        if (segments[i].p_type == PT_LOAD && !(segments[i].p_flags & PF_W))
            same = segments[i].p_offset + segments[i].p_filesz <= size &&
                   memcmp(bytes + segments[i].p_offset, __ehdr_start + segments[i].p_vaddr,
                          segments[i].p_filesz) == 0;
    munmap(bytes, size);
    return same;
}

int anew_open(void)
{
    int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    const char *path = (const char *)getauxval(AT_EXECFN); // NOLINT(performance-no-int-to-ptr)
    fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
    if (fd >= 0 && is_this_program(fd))
        return fd;
    cleanup_close(&fd);
    return -1;
}

void anew_execute(int program, const char *word)
{
    const char *const argv[] = {"fernit", word, NULL};
    char *const environment[] = {NULL};
    syscall(SYS_execveat, program, "", argv, environment, AT_EMPTY_PATH);
}

/* From the first byte of `first` to the end of the last string of `list`: the kernel lays them out in
 * a row, arguments before environment. execve(2), proc(5) "/proc/pid/environ" */
void anew_wipe(char **argv)
{
    static char *nothing[] = {NULL};
    char *last = argv[0];
    for (char **list = argv; *list; list++)
        last = *list > last ? *list : last;
    for (char **list = environ; *list; list++)
        last = *list > last ? *list : last;
    if (argv[0])
        sodium_memzero(argv[0], (size_t)(last - argv[0]) + strlen(last));
    argv[0] = NULL;
    environ = nothing;
    sodium_stackzero(stack_used());
}
