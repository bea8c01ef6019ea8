/* Finds a program on the PATH and executes it: execvp(3) with an environment that the caller gives.
 *
 * A name with a slash is a path. Else each directory of the PATH in `environment` is tried; an empty one is the
 * working directory; without PATH: /usr/local/bin:/bin:/usr/bin. A script without "#!" fails; glibc's execvp(3)
 * would run it with a shell.
 * https://pubs.opengroup.org/onlinepubs/9699919799/functions/exec.html
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

/* The PATH in `environment`, or the default above. */
const char *search_path(char *const *environment);

/* Puts "DIRECTORY/name", for the next directory of *path, into `candidate` and moves *path behind that directory
 * (NULL at the end). Skips a directory that is too long. Returns whether there was one. */
bool search_next(const char **path, const char *name, char candidate[PATH_MAX]);

/* Whether such a file exists on the PATH, executable or not; a name with a slash is a path. */
bool search_finds(const char *name, char *const *environment);

/* Executes argv[0] in this process. Returns only on failure, -1 with errno: ENOENT if no such file was found, else
 * why the file found cannot be executed. The kernel's ENOEXEC is split: ENOEXEC is a script without "#!", ELIBBAD
 * an ELF program that is damaged or for another processor. */
int search_exec(char *const *argv, char *const *environment);
