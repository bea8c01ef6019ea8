/* A folder of its own for each test that needs files: made before it, entered, and removed behind it.
 *
 *     cmocka_unit_test_setup_teardown(a_test, enter_folder, leave_folder)
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "table.h"

#define in_folder(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

static inline int enter_folder(void **state)
{
    const char *parent = getenv("TMPDIR");
    char *path = malloc(4096);
    snprintf(path, 4096, "%s/fernit-unit-XXXXXX", parent ? parent : "/tmp");
    umask(022);
    *state = path;
    return mkdtemp(path) && chmod(path, 0755) == 0 ? chdir(path) : -1;
}

static inline int remove_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline int leave_folder(void **state)
{
    int result = chdir("/");
    if (nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
        result = -1;
    free(*state);
    return result;
}

static inline void write_bytes(const char *name, const char *bytes, size_t length, mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes, length) != (ssize_t)length || fchmod(fd, mode) < 0)
        fail_msg("%s: %s", name, strerror(errno));
    close(fd);
}

static inline void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text), 0600);
}

/* What is in the file, at most 64 KiB; NULL where there is none. Until the next call. */
static inline const char *text_of(const char *name)
{
    static char text[64 * 1024 + 1];
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    assert_true(length >= 0);
    text[length] = '\0';
    return text;
}

/* 07777 of its mode, or -1 where there is none. */
static inline int mode_of(const char *name)
{
    struct stat status;
    return lstat(name, &status) == 0 ? (int)(status.st_mode & 07777) : -1;
}
