#include "command/install.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/shown.h"
#include "command/publish.h"
#include "process/program.h"
#include "run/report.h"
#include "run/run.h"

enum { MODE = 0755, WORLD = 022 };

#define ITSELF "fernit"
static const char *const programs[] = {"fernit-db", "fernit-fetch", ITSELF};

/* Returns -1 with ENOENT in err->errnum where there is none of this name. */
static int open_program(const char *name, struct error *err)
{
    char path[PATH_MAX];
    struct stat status;
    if (strcmp(name, ITSELF) == 0) {
        int fd = program_open(O_RDONLY);
        if (fd >= 0)
            return fd;
        error_input(err, "cannot read this program's own file");
        return error_hint(err, "mount /proc, or let this user read the file (chmod a+r)");
    }
    program_beside(name, path);
    return file_open(AT_FDCWD, path, 0, path, &status, err);
}

static int install_one(int folder, const char *name, const char *path, struct error *err)
{
    _cleanup_close_ int source = open_program(name, err);
    if (source < 0)
        return err->errnum == ENOENT ? 0 : -1;
    const char *version = strcmp(name, ITSELF) == 0 ? " " FERNIT_VERSION : "";
    int placed = publish_copy(folder, name, path, source, MODE, err);
    if (placed == PUBLISHED_NOW)
        log_notice(NULL, "%s%s -> %s", name, version, path);
    else if (placed == PUBLISHED_ALREADY)
        log_detail("%s%s is at %s already", name, version, path);
    return placed < 0 ? -1 : 0;
}

static int install_all(const struct context *context, const char *directory, int folder,
                       struct error *err)
{
    struct statvfs status;
    if (fstatvfs(folder, &status) == 0 && status.f_flag & ST_NOEXEC) {
        error_refused(err, "%s: is mounted noexec, and no program in it can be run", directory);
        return error_hint(err, "mount it without noexec, or name another folder");
    }
    size_t length = strlen(directory);
    while (length > 0 && directory[length - 1] == '/')
        length--;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%.*s/%s", (int)length, directory, programs[i]);
        if (signals_pending(context->signals) > 0)
            return error_ending(err);
        if (install_one(folder, programs[i], path, err) < 0)
            return -1;
    }
    return 0;
}

static int install(const struct context *context, struct error *err)
{
    char *const *words = context->settings->words;
    if (!words[0] || !*words[0] || words[1]) {
        error_usage(err, "install needs one folder");
        return error_hint(err, "fernit install DIR");
    }
    if (!shown_path(words[0])) {
        error_usage(err, "the folder does not begin with \"/\" and does not exist");
        return error_hint(
            err, "write an absolute path (the word is not shown, since it may be a secret)");
    }
    umask(WORLD);
    _cleanup_close_ int folder = publish_open(words[0], err);
    if (folder < 0)
        return err->errnum == ENOTDIR || err->errnum == EEXIST ? error_advise(err, "name a folder")
                                                               : -1;
    int installed = install_all(context, words[0], folder, err);
    publish_sweep(folder);
    return installed;
}

int install_command(const struct context *context)
{
    struct error err = {0};
    if (install(context, &err) == 0)
        return EXIT_GOOD;
    return report_failure(context->signals, &err, failure_status(&err));
}
