#include "process/setup.h"

#include <fcntl.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"

extern char __ehdr_start[] __attribute__((visibility("hidden")));

static int protect_relocations(void)
{
    const size_t page = getauxval(AT_PAGESZ);
    const ElfW(Ehdr) *header = (const void *)__ehdr_start;
    const ElfW(Phdr) *segments = (const void *)(__ehdr_start + header->e_phoff);
    for (size_t i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type != PT_GNU_RELRO)
            continue;
        size_t start = segments[i].p_vaddr / page * page;
        size_t end = (segments[i].p_vaddr + segments[i].p_memsz) / page * page;
        if (end > start)
            return mprotect(__ehdr_start + start, end - start, PROT_READ);
    }
    return 0;
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
