#include "cli/ini_file.h"

#include "root_folder.h"

enum { OTHER = 12345 };

/* A file of that owner and mode, in a folder of these. */
static const struct {
    const char *folder;
    uid_t folder_owner;
    mode_t folder_mode;
    uid_t owner;
    mode_t mode;
    bool is_roots;
} files[] = {
    {"a", 0, 0755, 0, 0644, true},      {"b", 0, 0700, 0, 0400, true},
    {"c", 0, 0755, OTHER, 0644, false}, {"d", 0, 0755, 0, 0664, false},
    {"e", 0, 0755, 0, 0646, false},     {"f", OTHER, 0755, 0, 0644, false},
    {"g", 0, 0775, 0, 0644, false},     {"h", 0, 01777, 0, 0644, false},
};

static void judge(const char *path, bool expected)
{
    bool is_roots = !expected;
    struct error err = {0};
    int fd = ini_file_open(path, false, &is_roots, &err);
    if (fd < 0 || is_roots != expected)
        fail_msg("%s: is %s root's: %s", path, is_roots ? "" : "not", err.message);
    close(fd);

    fd = ini_file_open(path, true, &is_roots, &err);
    if ((fd >= 0) != expected)
        fail_msg("%s: was %s", path, fd >= 0 ? "opened" : err.message);
    if (fd < 0 && !error_says(&err, ERROR_REFUSED, "users other than root can write it"))
        fail_msg("%s: says %s", path, err.message);
    if (fd >= 0)
        close(fd);
}

static void only_what_nobody_but_root_can_have_written_is_roots(void **state)
{
    (void)state;
    need_root_folder();
    foreach(row, files) {
        char path[16];
        snprintf(path, sizeof path, "%s/ini", row->folder);
        mkdir(row->folder, 0700);
        write_text(path, "[fernit]\n");
        assert_int_equal(chmod(path, row->mode), 0);
        assert_int_equal(chown(path, row->owner, row->owner), 0);
        assert_int_equal(chmod(row->folder, row->folder_mode), 0);
        assert_int_equal(chown(row->folder, row->folder_owner, row->folder_owner), 0);
        judge(path, row->is_roots);
    }
    assert_int_equal(symlink("a/ini", "link"), 0);
    judge("link", true);
    assert_int_equal(lchown("link", OTHER, OTHER), 0);
    judge("link", false);
}

static void what_is_behind_a_planted_link_is_not_told(void **state)
{
    (void)state;
    struct error err = {0};
    bool is_roots = true;
    need_root_folder();
    mkdir("theirs", 0755);
    assert_int_equal(chown("theirs", OTHER, OTHER), 0);
    assert_int_equal(symlink("../nothing", "theirs/missing"), 0);
    assert_int_equal(symlink("/", "theirs/folder"), 0);
    static const char *const paths[] = {"theirs/missing", "theirs/folder", "theirs/none"};
    foreach(path, paths) {
        assert_int_equal(ini_file_open(*path, true, &is_roots, &err), -1);
        if (!error_says(&err, ERROR_REFUSED, "users other than root") || is_roots)
            fail_msg("%s: says %s", *path, err.message);
    }
}

static void a_missing_one_is_missing(void **state)
{
    (void)state;
    struct error err = {0};
    bool is_roots = true;
    need_root_folder();
    assert_int_equal(ini_file_open("./missing", true, &is_roots, &err), -1);
    assert_true(error_says(&err, ERROR_SYSTEM, "./missing: No such file"));
    assert_int_equal(err.errnum, ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(only_what_nobody_but_root_can_have_written_is_roots),
        in_folder(what_is_behind_a_planted_link_is_not_told),
        in_folder(a_missing_one_is_missing),
    };
    return cmocka_run_group_tests(tests, set_up_root_folder, NULL);
}
