/* Finding a program on PATH and becoming it: execvp(3), but with an environment of our choice.
 *
 * A name with a slash is taken as it is. Else each directory of the PATH in `environment` is tried,
 * an empty one being the working directory; without PATH: /usr/local/bin:/bin:/usr/bin. A script
 * without "#!" is not run by a shell, as glibc's execvp(3) would. https://pubs.opengroup.org/onlinepubs/9699919799/functions/exec.html
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

/* The PATH in `environment`, or the one above. */
const char *search_path(char *const *environment);

/* Puts the name in the next directory of *path into `candidate`, and moves *path behind that directory: NULL at the
 * end. A directory that is too long is left out. Returns whether there was one. */
bool search_next(const char **path, const char *name, char candidate[PATH_MAX]);

/* Whether there is such a file on the PATH, whatever it is; a name with a slash: there. */
bool search_finds(const char *name, char *const *environment);

/* Becomes argv[0] with the arguments and the environment given. Returns only if that failed, -1 with
 * errno: ENOENT where nothing of this name was found, else what spoke against the one that was. The kernel's ENOEXEC is
 * parted in two: ENOEXEC for a script without "#!", ELIBBAD for a program (ELF) of another processor, or a damaged
 * one. */
int search_exec(char *const *argv, char *const *environment);
