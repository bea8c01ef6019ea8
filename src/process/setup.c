#include "process/setup.h"

#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

/* Of a limit that may be a thousand million. */
enum { DESCRIPTORS_MOST = 1 << 16 };

extern char __ehdr_start[] __attribute__((visibility("hidden")));

struct pages {
    char *start;
    size_t length;
};

/* The whole pages of a segment, rounded up at its end where `up` says so. */
static struct pages pages_of(const ElfW(Phdr) * segment, bool up)
{
    const size_t page = getauxval(AT_PAGESZ);
    size_t start = segment->p_vaddr / page * page;
    size_t end = (segment->p_vaddr + segment->p_memsz + (up ? page - 1 : 0)) / page * page;
    return (struct pages){__ehdr_start + start, end > start ? end - start : 0};
}

static const ElfW(Phdr) * segments(size_t *count)
{
    const ElfW(Ehdr) *header = (const void *)__ehdr_start;
    *count = header->e_phnum;
    return (const void *)(__ehdr_start + header->e_phoff);
}

static int protect_relocations(void)
{
    size_t count;
    for (const ElfW(Phdr) *segment = segments(&count); count > 0; segment++, count--) {
        struct pages pages = pages_of(segment, false);
        if (segment->p_type == PT_GNU_RELRO && pages.length > 0)
            return mprotect(pages.start, pages.length, PROT_READ);
    }
    return 0;
}

__attribute__((hot)) void process_drop_code(const void *often, const void *also)
{
    /* First what this reads, and then all at once: what is used between would be back again. */
    enum { MOST = 8 };
    struct pages code[MOST];
    size_t found = 0;
    size_t count;
    for (const ElfW(Phdr) *segment = segments(&count); count > 0; segment++, count--)
        if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W) && found < MOST)
            code[found++] = pages_of(segment, true);

    const size_t page = getauxval(AT_PAGESZ);
    size_t start = (size_t)((const char *)often - __ehdr_start) / page * page;
    size_t end = ((size_t)((const char *)also - __ehdr_start) / page + 2) * page;
    /* The advice is about reading ahead, and of no matter: it makes the mapping. */
    if (end > start)
        madvise(__ehdr_start + start, end - start, MADV_RANDOM);
    while (found > 0) {
        found--;
        madvise(code[found].start, code[found].length, MADV_DONTNEED);
    }
}

int process_setup(struct error *err)
{
    if (protect_relocations() < 0)
        return error_sys(err, "cannot protect this program's own data");
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            return error_sys(err, "/dev/null");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return error_sys(err, "cannot keep this process from being dumped");
    return 0;
}

static int close_from_to(unsigned first, unsigned last)
{
    return first > last ? 0 : (int)syscall(SYS_close_range, first, last, 0);
}

void process_close_all_but(int kept)
{
    const unsigned first = STDERR_FILENO + 1;
    const unsigned most = kept < 0 ? first : (unsigned)kept;
    if ((kept < 0 || close_from_to(first, most - 1) == 0) &&
        close_from_to(kept < 0 ? first : most + 1, UINT_MAX) == 0)
        return;
    struct rlimit limit = {.rlim_cur = 0};
    getrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = (int)first; (rlim_t)fd < limit.rlim_cur && fd < DESCRIPTORS_MOST; fd++)
        if (fd != kept)
            close(fd);
}

int process_follow_parent(int number, pid_t parent, struct error *err)
{
    if (prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) < 0)
        return error_sys(err, "cannot ask for a signal at the end of who started us");
    if (getppid() != parent)
        kill(getpid(), number);
    return 0;
}
