/* The file of the program that runs. */
#pragma once

#include <limits.h>

/* Opens it with the flags O_PATH or O_RDONLY, close-on-exec: by /proc/self/exe, or, where there is no /proc, by the path it
 * was started with (getauxval(3), AT_EXECFN), if what is there now has the same bytes. To be called before any change
 * of user or directory. Returns the descriptor, or -1 where it cannot be had. */
int program_open(int flags);

/* The path of `name` in the folder in which it lies: there need not be such a file, nor, once the program was
 * removed, the folder. */
void program_beside(const char *name, char path[PATH_MAX]);
