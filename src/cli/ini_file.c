#include "cli/ini_file.h"

#include <fcntl.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/shown.h"
#include "base/trusted.h"
#include "cli/options.h"

static const char *name_of(const char *path)
{
    return shown(path, NULL, "the file of --config");
}

int ini_file_refuse(const char *path, struct error *err)
{
    error_refused(err, "%.300s: users other than root can write it, and with --user root obeys it",
                  name_of(path));
    return error_hint(err,
                      "give it and each folder above it to root: chown root, chmod go-w\n"
                      "or put it elsewhere, such as %s",
                      options[OPTION_CONFIG].fallback);
}

int ini_file_open(const char *path, bool only_roots, bool *is_roots, struct error *err)
{
    char resolved[PATH_MAX];
    struct stat status;
    enum trusted trusted = trusted_path(path, resolved);
    bool by_trust = trusted == TRUSTED_THERE;
    *is_roots = false;
    if (trusted == TRUSTED_NOT && only_roots)
        return ini_file_refuse(path, err);

    int fd = file_open(AT_FDCWD, by_trust ? resolved : path, by_trust ? O_NOFOLLOW : 0,
                       name_of(path), &status, err);
    if (fd < 0)
        return -1;
    *is_roots = by_trust && status.st_uid == 0 && (status.st_mode & 0022) == 0;
    if (*is_roots || !only_roots)
        return fd;
    cleanup_close(&fd);
    return ini_file_refuse(path, err);
}
