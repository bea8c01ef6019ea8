/* The file of this program. */
#pragma once

#include <limits.h>

/* Opens it with the flags O_PATH or O_RDONLY, close-on-exec, by /proc/self/exe. Without /proc it opens the path that
 * the program was started with (getauxval(3), AT_EXECFN), if that file has the same bytes. Call it before any change
 * of user or directory. Returns the descriptor, or -1. */
int program_open(int flags);

/* The path of `name` in the program's folder. The file need not exist; if the program was removed, nor need the
 * folder. */
void program_beside(const char *name, char path[PATH_MAX]);
