#include "process/exec.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/search.h"
#include "base/shown.h"

enum { NAME_MOST = 31 };

const char *exec_shown(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._+-");
    bool is_name = length <= NAME_MOST && name[length] == '\0';
    return shown(name, is_name ? name : NULL, "the first word");
}

/* glibc's execvp(3), by which tini starts a command, runs such a script with sh. */
static void explain_script(const char *name, struct error *err)
{
    error_input(
        err,
        "%s: cannot be run: it has no first line such as \"#!/bin/sh\" (only tini runs it with sh)",
        name);
    error_hint(err, "add \"#!/bin/sh\" as its first line");
    error_hint(err, "or start it with: sh %s", name);
}

/* Of a name without a folder it is not known which file on the PATH was meant. */
static void explain_denied(const char *command, struct error *err)
{
    struct stat status;
    if (!strchr(command, '/') || stat(command, &status) < 0)
        return;
    if (S_ISDIR(status.st_mode))
        error_hint(err, "it is a directory: name a program in it");
    else if (!(status.st_mode & 0111))
        error_hint(err, "chmod a+x %s", command);
    else
        error_hint(err, "give this user execute permission, or mount its folder without noexec");
}

int exec_failure(const char *command, struct error *err)
{
    /* ENOTDIR: the path leads nowhere. */
    int status = errno == ENOENT || errno == ENOTDIR ? EXEC_NOT_FOUND : EXEC_NOT_RUNNABLE;
    const char *name = status == EXEC_NOT_FOUND ? exec_shown(command) : command;
    if (*command == '\0')
        error_input(err, "the command's name is empty");
    else if (status == EXEC_NOT_FOUND && strchr(command, '/'))
        error_sys(err, "%s: cannot be run (or the interpreter in its first line)", name);
    else if (status == EXEC_NOT_FOUND) {
        error_input(err, "%s: is not on the command's PATH", name);
        error_hint(err, "give its whole path, or add its folder to PATH");
    } else if (errno == ELIBBAD)
        error_input(err, "%s: cannot be run: it is a program for another processor, or damaged",
                    name);
    else if (errno == ENOEXEC)
        explain_script(name, err);
    else {
        int errnum = errno;
        error_sys(err, "%s: cannot be run", name);
        if (errnum == EACCES)
            explain_denied(command, err);
    }
    error_id(err, status == EXEC_NOT_FOUND ? "command-not-found" : "command-not-run");
    return status;
}

int exec_command(char *const *argv, char *const *environment, const struct signals *signals,
                 struct error *err)
{
    signals_release(signals);
    search_exec(argv, environment);
    return exec_failure(argv[0], err);
}

int exec_is_known_init(const char *program)
{
    static const char *const inits[] = {
        "tini", "tini-static", "dumb-init", "docker-init", "catatonit", "s6-svscan",
        "init", "systemd",     "runit",     "pid1",        "fernit",
    };
    const char *slash = strrchr(program, '/');
    const char *name = slash ? slash + 1 : program;
    for (size_t i = 0; i < sizeof inits / sizeof *inits; i++)
        if (strcmp(inits[i], name) == 0)
            return 1;
    return 0;
}
