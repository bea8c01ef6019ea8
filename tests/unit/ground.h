/* Ground that root may trust, and mounts: a mount namespace of the test's own, in which the folder for
 * temporary files is root's alone. Elsewhere everybody writes into that.
 *
 *     cmocka_run_group_tests(tests, set_up_ground, NULL), and need_ground() in each test that needs it
 */
#pragma once

#include <sched.h>
#include <sys/mount.h>

#include "folder.h"

static bool has_ground;

static inline int set_up_ground(void **state)
{
    unsetenv("TMPDIR");
    has_ground = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
                 mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
                 mount("none", "/tmp", "tmpfs", 0, "mode=0755") == 0;
    return set_up(state);
}

static inline void need_ground(void)
{
    if (!has_ground)
        skip();
}
