/* A folder that root may trust, and mounts: a mount namespace of the test's own, in which the folder for
 * temporary files is root's alone. Elsewhere everybody writes into that.
 *
 *     cmocka_run_group_tests(tests, set_up_root_folder, NULL), and need_root_folder() in each test that needs it
 */
#pragma once

#include <sched.h>
#include <sys/mount.h>

#include "folder.h"

static bool has_root_folder;

static inline int set_up_root_folder(void **state)
{
    unsetenv("TMPDIR");
    has_root_folder = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
                      mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
                      mount("none", "/tmp", "tmpfs", 0, "mode=0755") == 0;
    return set_up(state);
}

static inline void need_root_folder(void)
{
    if (!has_root_folder)
        skip();
}
