/* control HOW: a program that does wrong, for those who are to notice.
 *
 * free, realloc, munmap, static, stack: handles a secret, read from standard input, as one that loses it there; anything
 * else: as one that does not. overflow, freed, uninitialised, undefined, lost: what its name says, with memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROOM = 8192, AT = ROOM / 2 - 20 }; /* over the edge of a page */

static char left[256];

__attribute__((noinline)) static void leave_on_stack(const char *secret, size_t length)
{
    char deep[ROOM];
    memcpy(deep, secret, length);
    __asm__ volatile("" : : "r"(deep) : "memory");
}

static int misuse(const char *how)
{
    char *volatile block = malloc(16); /* not seen through by the compiler */
    if (!block)
        return 1;
    if (strcmp(how, "overflow") == 0)
        return block[16] & 1;
    if (strcmp(how, "uninitialised") == 0)
        return block[3] == 'x' ? 2 : 3;
    if (strcmp(how, "undefined") == 0)
        return *(int *)(void *)(block + 1) & 1;
    if (strcmp(how, "freed") == 0) {
        char *volatile same = block;
        free(block);
        return *same & 1;
    }
    block = NULL; /* lost */
    return 0;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    static const char *const misuses[] = {"overflow", "freed", "uninitialised", "undefined",
                                          "lost"};
    for (size_t i = 0; i < sizeof misuses / sizeof *misuses; i++)
        if (strcmp(how, misuses[i]) == 0)
            return misuse(how);

    char *block = malloc(ROOM);
    char *pages = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!block || pages == MAP_FAILED)
        return 1;
    memset(block, 0, ROOM);
    ssize_t got = read(STDIN_FILENO, block + AT, sizeof left);
    size_t length = got > 0 ? (size_t)got : 0;

    if (strcmp(how, "munmap") == 0)
        memcpy(pages + AT, block + AT, length);
    if (strcmp(how, "static") == 0)
        memcpy(left, block + AT, length);
    if (strcmp(how, "stack") == 0)
        leave_on_stack(block + AT, length);
    if (strcmp(how, "realloc") == 0)
        block = realloc(block, 2 * (size_t)ROOM);
    if (!block)
        return 1;
    if (strcmp(how, "free") != 0)
        explicit_bzero(block, ROOM);
    free(block);
    return munmap(pages, ROOM);
}
