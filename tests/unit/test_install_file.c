#include "command/install_file.h"

#include "base/file.h"
#include "folder.h"

static int open_folder(void)
{
    struct error err = {0};
    int folder = install_open_folder("there", &err);
    if (folder < 0)
        fail_msg("%s", err.message);
    return folder;
}

static int copy(int folder, const char *from, struct error *err)
{
    int source = open(from, O_RDONLY | O_CLOEXEC);
    int placed = install_file(folder, "f", "there/f", source, 0751, err);
    close(source);
    return placed;
}

/* How many names there are in the folder. */
static void count_name(const char *name, void *context)
{
    int *count = context;
    *count += strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int names_in(int folder)
{
    struct error err = {0};
    int count = 0;
    assert_int_equal(file_list(folder, count_name, &count, &err), 0);
    return count;
}

static void puts_a_file_there_unless_it_is_there_already(void **state)
{
    (void)state;
    static char large[40000];
    memset(large, 'l', sizeof large);
    write_bytes("large", large, sizeof large, 0600);
    large[sizeof large - 1] = 'L';
    write_bytes("other end", large, sizeof large, 0600);
    large[0] = 'L';
    write_bytes("other start", large, sizeof large, 0600);
    write_text("a", "a");
    write_text("b", "b");
    static const struct {
        int line;
        int placed;
        const char *from;
    } table[] = {
        {ROW, INSTALLED_NOW, "a"},           {ROW, INSTALLED_ALREADY, "a"},
        {ROW, INSTALLED_NOW, "b"},           {ROW, INSTALLED_NOW, "large"},
        {ROW, INSTALLED_ALREADY, "large"},   {ROW, INSTALLED_NOW, "other end"},
        {ROW, INSTALLED_NOW, "other start"}, {ROW, INSTALLED_NOW, "a"},
    };
    int folder = open_folder();
    foreach(row, table) {
        struct error err = {0};
        int placed = copy(folder, row->from, &err);
        if (placed != row->placed || mode_of("there/f") != 0751 || names_in(folder) != 1)
            fail_row(row, "%d, mode %o: %s", placed, (unsigned)mode_of("there/f"), err.message);
    }
    close(folder);
}

static void a_mode_that_is_another_one_is_another_file(void **state)
{
    (void)state;
    static const mode_t modes[] = {0750, 0755, 04751, 0};
    write_text("a", "a");
    int folder = open_folder();
    foreach(mode, modes) {
        struct error err = {0};
        write_bytes("there/f", "a", 1, *mode);
        assert_int_equal(copy(folder, "a", &err), INSTALLED_NOW);
        assert_int_equal(mode_of("there/f"), 0751);
    }
    close(folder);
}

static void says_why_nothing_was_put_there(void **state)
{
    (void)state;
    struct error err = {0};
    write_text("nothing", "");
    write_text("a", "a");
    int folder = open_folder();
    assert_int_equal(copy(folder, "nothing", &err), -1);
    assert_true(error_says(&err, ERROR_INPUT, "there/f: what is to be put there is empty"));
    assert_int_equal(copy(folder, "missing", &err), -1);
    assert_true(error_says(&err, ERROR_SYSTEM, "there/f: "));
    assert_int_equal(mkdir("there/f", 0700), 0);
    assert_int_equal(copy(folder, "a", &err), -1);
    assert_true(error_says(&err, ERROR_SYSTEM, "remove it, or name another folder"));
    assert_int_equal(names_in(folder), 1);
    assert_int_equal(rmdir("there/f"), 0);
    assert_int_equal(rmdir("there"), 0);
    assert_int_equal(copy(folder, "a", &err), -1);
    assert_int_equal(err.errnum, ENOENT);
    close(folder);
}

static void opens_what_is_a_folder_or_can_be_made_one(void **state)
{
    (void)state;
    struct error err = {0};
    int folder = install_open_folder("a/b/c", &err);
    assert_true(folder >= 0);
    close(folder);
    assert_int_equal(mode_of("a/b/c"), 0755);
    write_text("file", "");
    assert_int_equal(install_open_folder("file", &err), -1);
    assert_int_equal(err.errnum, ENOTDIR);
    assert_int_equal(symlink("nowhere", "link"), 0);
    assert_int_equal(install_open_folder("link", &err), -1);
    assert_int_equal(mode_of("nowhere"), -1);
}

static void only_the_last_one_sweeps_and_only_what_is_left_behind(void **state)
{
    (void)state;
    static const char *const left[] = {"there/.fernit.tmp.0123456789abcdef",
                                       "there/.fernit.tmp.ffffffffffffffff"};
    static const char *const others[] = {"there/.fernit.tmp.0123456789abcde",
                                         "there/.fernit.tmp.0123456789abcdef0",
                                         "there/.fernit.tmp.0123456789abcdeF", "there/.fernit.tmp.",
                                         "there/fernit.tmp.0123456789abcdef"};
    int first = open_folder();
    int last = open_folder();
    foreach(name, left)
        write_text(*name, "");
    foreach(name, others)
        write_text(*name, "");
    const int all = COUNT(left) + COUNT(others);
    install_sweep(first);
    assert_int_equal(names_in(last), all);
    install_sweep(last);
    assert_int_equal(names_in(last), COUNT(others));
    close(first);
    close(last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(puts_a_file_there_unless_it_is_there_already),
        in_folder(a_mode_that_is_another_one_is_another_file),
        in_folder(says_why_nothing_was_put_there),
        in_folder(opens_what_is_a_folder_or_can_be_made_one),
        in_folder(only_the_last_one_sweeps_and_only_what_is_left_behind),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
