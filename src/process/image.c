#include "process/image.h"

#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The linker sets it: the begin of the program. ld(1) */
extern char __ehdr_start[] __attribute__((visibility("hidden")));

struct pages {
    char *start;
    size_t length;
};

/* The whole pages of a segment; with `up` its end is rounded up. */
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

int image_protect(void)
{
    size_t count;
    for (const ElfW(Phdr) *segment = segments(&count); count > 0; segment++, count--) {
        struct pages pages = pages_of(segment, false);
        if (segment->p_type == PT_GNU_RELRO && pages.length > 0)
            return mprotect(pages.start, pages.length, PROT_READ);
    }
    return 0;
}

__attribute__((hot)) void image_drop(const void *often, const void *also)
{
    /* Compute everything first, then release all at once: a page that is used in between would be back. */
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
    /* The advice does not matter. It splits the mapping. */
    if (end > start)
        madvise(__ehdr_start + start, end - start, MADV_RANDOM);
    while (found > 0) {
        found--;
        madvise(code[found].start, code[found].length, MADV_DONTNEED);
    }
}

bool image_is_in(int fd)
{
    struct stat status;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size <= 0)
        return false;
    size_t size = (size_t)status.st_size;
    char *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return false;
    bool same = true;
    size_t count;
    for (const ElfW(Phdr) *segment = segments(&count); count > 0 && same; segment++, count--)
        if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W))
            same = segment->p_offset + segment->p_filesz <= size &&
                   memcmp(bytes + segment->p_offset, __ehdr_start + segment->p_vaddr,
                          segment->p_filesz) == 0;
    munmap(bytes, size);
    return same;
}
