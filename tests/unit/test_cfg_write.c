#include "airflow/cfg_write.h"

#include "airflow/cfg_in_place.h"

#include "base/file.h"
#include "base/signals.h"
#include "folder.h"

#include <sys/syscall.h>

#define OLD "[core]\nfernet_key = old\nother = 1\n"
#define NEW "[core]\nfernet_key = a-new-and-longer-one\nother = 1\n"
#define EDITED "[core]\nfernet_key = old\nother = 1\nmore = 1\nand = 2\nand = 3\n"
#define COPY ".airflow.cfg.0123456789abcdef"

/* In place of libc's: what renames and links fail with, 0 for not at all. */
static int rename_fails_with;
static int noreplace_fails_with;
static int link_fails_with;

int renameat(int oldfd, const char *old, int newfd, const char *new)
{
    errno = rename_fails_with;
    return rename_fails_with ? -1 : (int)syscall(SYS_renameat2, oldfd, old, newfd, new, 0);
}

int renameat2(int oldfd, const char *old, int newfd, const char *new, unsigned flags)
{
    errno = noreplace_fails_with;
    return noreplace_fails_with ? -1 : (int)syscall(SYS_renameat2, oldfd, old, newfd, new, flags);
}

int linkat(int fromfd, const char *from, int tofd, const char *to, int flags)
{
    errno = link_fails_with;
    return link_fails_with ? -1 : (int)syscall(SYS_linkat, fromfd, from, tofd, to, flags);
}

static int set_up_folder(void **state)
{
    rename_fails_with = noreplace_fails_with = link_fails_with = 0;
    return enter_folder(state);
}

#define in_new_folder(test) cmocka_unit_test_setup_teardown(test, set_up_folder, leave_folder)

static struct secret secret_of(const char *text)
{
    struct error err = {0};
    struct secret secret = {0};
    assert_int_equal(secret_append(&secret, text, strlen(text), &err), 0);
    return secret;
}

static int create_with(mode_t mode, const char *path, const char *text, struct error *err)
{
    _cleanup_secret_ struct secret secret = secret_of(text);
    return cfg_create(path, &secret, mode, err);
}

static int create(const char *path, const char *text, struct error *err)
{
    return create_with(0600, path, text, err);
}

static int replace(const char *path, const struct cfg *read, const char *text, struct error *err)
{
    _cleanup_secret_ struct secret secret = secret_of(text);
    return cfg_replace(path, read, &secret, err);
}

static struct cfg read_cfg(const char *path)
{
    struct error err = {0};
    struct cfg cfg;
    if (cfg_read(path, &cfg, &err) != 0)
        fail_msg("%s", err.message);
    return cfg;
}

static void count_one(const char *name, void *count)
{
    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
        ++*(int *)count;
}

static int names_here(void)
{
    struct error err = {0};
    int count = 0;
    _cleanup_close_ int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(file_list(directory, count_one, &count, &err), 0);
    return count;
}

static void makes_a_file_that_those_read_whom_the_mode_names(void **state)
{
    (void)state;
    struct error err = {0};
    umask(0);
    assert_int_equal(create("airflow.cfg", NEW, &err), CFG_WRITTEN);
    assert_string_equal(text_of("airflow.cfg"), NEW);
    assert_int_equal(mode_of("airflow.cfg"), 0600);
    assert_int_equal(names_here(), 1);

    umask(022);
    assert_int_equal(create("a/b/airflow.cfg", NEW, &err), CFG_WRITTEN);
    assert_string_equal(text_of("a/b/airflow.cfg"), NEW);
    assert_int_equal(mode_of("a"), 0755);
    assert_int_equal(mode_of("a/b"), 0755);

    umask(0077);
    assert_int_equal(create_with(0660, "b/airflow.cfg", NEW, &err), CFG_WRITTEN);
    assert_int_equal(mode_of("b/airflow.cfg"), 0660);
}

static void makes_none_where_something_is_already(void **state)
{
    (void)state;
    struct error err = {0};
    write_text("airflow.cfg", OLD);
    assert_int_equal(create("airflow.cfg", NEW, &err), CFG_CHANGED);
    assert_string_equal(text_of("airflow.cfg"), OLD);
    assert_int_equal(names_here(), 1);

    assert_int_equal(symlink("nothing", "dangling"), 0);
    assert_int_equal(create("dangling", NEW, &err), CFG_NOT_WRITABLE);
    assert_non_null(strstr(err.message, "dangling: is a symbolic link"));
    assert_int_equal(mode_of("nothing"), -1);
    assert_int_equal(create("airflow.cfg/airflow.cfg", NEW, &err), -1);
    assert_int_equal(err.errnum, ENOTDIR);
}

static void replaces_it_and_keeps_its_mode(void **state)
{
    (void)state;
    static const mode_t modes[] = {0600, 0644, 0664, 0400, 0666, 0755};
    foreach(mode, modes) {
        struct error err = {0};
        write_bytes("airflow.cfg", OLD, strlen(OLD), *mode);
        _cleanup_cfg_ struct cfg cfg = read_cfg("airflow.cfg");
        umask(077);
        if (replace("airflow.cfg", &cfg, NEW, &err) != CFG_WRITTEN)
            fail_msg("%o: %s", (unsigned)*mode, err.message);
        assert_string_equal(text_of("airflow.cfg"), NEW);
        if (mode_of("airflow.cfg") != (int)*mode)
            fail_msg("%o became %o", (unsigned)*mode, (unsigned)mode_of("airflow.cfg"));
        assert_int_equal(names_here(), 1);
        unlink("airflow.cfg");
    }
}

static void replaces_what_stands_at_the_end_of_the_links(void **state)
{
    (void)state;
    struct error err = {0};
    struct stat status;
    assert_int_equal(mkdir("data", 0700), 0);
    write_text("data/airflow.cfg", OLD);
    assert_int_equal(symlink("data/airflow.cfg", "airflow.cfg"), 0);
    _cleanup_cfg_ struct cfg cfg = read_cfg("airflow.cfg");
    assert_int_equal(replace("airflow.cfg", &cfg, NEW, &err), CFG_WRITTEN);
    assert_int_equal(lstat("airflow.cfg", &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_string_equal(text_of("data/airflow.cfg"), NEW);
}

static void keeps_the_owner_where_that_is_permitted(void **state)
{
    (void)state;
    struct error err = {0};
    struct stat status;
    if (geteuid() != 0)
        skip();
    write_bytes("airflow.cfg", OLD, strlen(OLD), 0640);
    assert_int_equal(chown("airflow.cfg", 50000, 50001), 0);
    assert_int_equal(chmod("airflow.cfg", 0640), 0);
    _cleanup_cfg_ struct cfg cfg = read_cfg("airflow.cfg");
    assert_int_equal(replace("airflow.cfg", &cfg, NEW, &err), CFG_WRITTEN);
    assert_int_equal(stat("airflow.cfg", &status), 0);
    assert_int_equal(status.st_uid, 50000);
    assert_int_equal(status.st_gid, 50001);
    assert_int_equal(status.st_mode & 07777, 0640);
}

/* Somebody's edit between our reading and our writing is not lost. */
static void a_file_that_was_changed_meanwhile_is_left_alone(void **state)
{
    (void)state;
    struct error err = {0};
    for (int way = 0; way < 4; way++) {
        write_text("airflow.cfg", OLD);
        _cleanup_cfg_ struct cfg cfg = read_cfg("airflow.cfg");
        if (way == 0)
            unlink("airflow.cfg");
        if (way == 1)
            write_text("airflow.cfg", OLD "more = 1\n");
        if (way == 2) {
            write_text("other", OLD);
            assert_int_equal(rename("other", "airflow.cfg"), 0);
        }
        if (way == 3)
            assert_int_equal(chmod("airflow.cfg", 0644), 0);
        char before[128];
        snprintf(before, sizeof before, "%s", way == 0 ? "" : text_of("airflow.cfg"));
        if (replace("airflow.cfg", &cfg, NEW, &err) != CFG_CHANGED)
            fail_msg("way %d: was replaced", way);
        if (way == 0 ? mode_of("airflow.cfg") != -1 : strcmp(text_of("airflow.cfg"), before) != 0)
            fail_msg("way %d: is changed", way);
        assert_int_equal(names_here(), way == 0 ? 0 : 1);
        unlink("airflow.cfg");
    }
}

static void makes_it_once_on_every_file_system(void **state)
{
    (void)state;
    static const struct {
        int line;
        int noreplace;
        int link;
        int outcome;
    } table[] = {
        {ROW, 0, 0, CFG_WRITTEN},
        {ROW, EINVAL, 0, CFG_WRITTEN},
        {ROW, ENOSYS, 0, CFG_WRITTEN},
        {ROW, EINVAL, EPERM, CFG_WRITTEN},
        {ROW, EINVAL, EOPNOTSUPP, CFG_WRITTEN},
        {ROW, EACCES, 0, CFG_NOT_WRITABLE},
        {ROW, EROFS, 0, CFG_NOT_WRITABLE},
        {ROW, EINVAL, EACCES, CFG_NOT_WRITABLE},
        {ROW, EIO, 0, -1},
        {ROW, ENOSPC, 0, -1},
        {ROW, EINVAL, EIO, -1},
    };
    foreach(row, table) {
        struct error err = {0};
        noreplace_fails_with = row->noreplace;
        link_fails_with = row->link;
        int outcome = create("airflow.cfg", NEW, &err);
        if (outcome != row->outcome)
            fail_row(row, "%d: %s", outcome, err.message);
        if (outcome == CFG_WRITTEN) {
            if (create("airflow.cfg", OLD, &err) != CFG_CHANGED ||
                !same_text(text_of("airflow.cfg"), NEW))
                fail_row(row, "was made twice");
        } else if (err.kind != ERROR_SYSTEM) {
            fail_row(row, "says %s", err.message);
        }
        if (names_here() != (outcome == CFG_WRITTEN))
            fail_row(row, "leaves %d names", names_here());
        unlink("airflow.cfg");
    }
}

/* A bind mount is EBUSY, a read-only one EROFS. */
static void tells_what_cannot_be_replaced_from_what_broke(void **state)
{
    (void)state;
    static const struct {
        int errnum;
        int outcome;
    } table[] = {
        {EBUSY, CFG_NOT_WRITABLE},
        {EROFS, CFG_NOT_WRITABLE},
        {EACCES, CFG_NOT_WRITABLE},
        {EPERM, CFG_NOT_WRITABLE},
        {EXDEV, CFG_NOT_WRITABLE},
        {ENOENT, CFG_CHANGED},
        {EIO, -1},
        {ENOSPC, -1},
        {EDQUOT, -1},
    };
    write_text("airflow.cfg", OLD);
    _cleanup_cfg_ struct cfg cfg = read_cfg("airflow.cfg");
    foreach(row, table) {
        struct error err = {0};
        rename_fails_with = row->errnum;
        int outcome = replace("airflow.cfg", &cfg, NEW, &err);
        if (outcome != row->outcome)
            fail_msg("%s: %d, %s", strerror(row->errnum), outcome, err.message);
        if (outcome != CFG_CHANGED && !error_says(&err, ERROR_SYSTEM, "airflow.cfg: "))
            fail_msg("%s: says %s", strerror(row->errnum), err.message);
        assert_string_equal(text_of("airflow.cfg"), OLD);
        assert_int_equal(names_here(), 1);
    }
}

/* Also what a killed one has left beside it. */
static void leaves_nothing_beside_it(void **state)
{
    (void)state;
    struct error err = {0};
    write_text("airflow.cfg", OLD);
    write_text(".airflow.cfg.fernit.0123456789abcdef", "left");
    write_text(".airflow.cfg.swp", "not ours");
    _cleanup_cfg_ struct cfg cfg = read_cfg("airflow.cfg");
    assert_int_equal(replace("airflow.cfg", &cfg, NEW, &err), CFG_WRITTEN);
    assert_int_equal(names_here(), 2);
    assert_string_equal(text_of(".airflow.cfg.swp"), "not ours");
}

static int overwrite(const struct cfg *read, const char *text, struct error *err)
{
    _cleanup_secret_ struct secret secret = secret_of(text);
    mkdir("store", 0700);
    _cleanup_close_ int directory = open("store", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct cfg_copy copy = {directory, "store", COPY, 0600, false};
    struct signals none = {.descriptor = -1};
    struct deadline deadline = deadline_in(1000, &none);
    return cfg_overwrite("airflow.cfg", read, &secret, &copy, &deadline, err);
}

static int recover(struct error *err)
{
    mkdir("store", 0700);
    _cleanup_close_ int directory = open("store", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct cfg_copy copy = {directory, "store", COPY, 0600, false};
    struct signals none = {.descriptor = -1};
    struct deadline deadline = deadline_in(1000, &none);
    return cfg_recover("airflow.cfg", &copy, &deadline, err);
}

static void writes_in_place_what_cannot_be_replaced(void **state)
{
    (void)state;
    static const char *const texts[] = {NEW, "[core]\n", OLD};
    foreach(text, texts) {
        struct error err = {0};
        struct stat before;
        struct stat after;
        write_bytes("airflow.cfg", OLD, strlen(OLD), 0644);
        _cleanup_cfg_ struct cfg cfg = read_cfg("airflow.cfg");
        assert_int_equal(stat("airflow.cfg", &before), 0);
        if (overwrite(&cfg, *text, &err) != CFG_WRITTEN)
            fail_msg("%s", err.message);
        assert_int_equal(stat("airflow.cfg", &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
        assert_int_equal(after.st_mode & 07777, 0644);
        assert_string_equal(text_of("airflow.cfg"), *text);
        assert_int_equal(mode_of("store/" COPY), -1);
        assert_int_equal(recover(&err), 0);
    }
}

static void does_not_write_over_what_was_changed_meanwhile(void **state)
{
    (void)state;
    struct error err = {0};
    write_text("airflow.cfg", OLD);
    _cleanup_cfg_ struct cfg cfg = read_cfg("airflow.cfg");
    write_text("airflow.cfg", OLD "more = 1\n");
    assert_int_equal(overwrite(&cfg, NEW, &err), CFG_CHANGED);
    assert_string_equal(text_of("airflow.cfg"), OLD "more = 1\n");
}

/* The copy as a crash leaves it: one line with both lengths, the old text, the new text. */
static void leave_copy(const char *old, const char *new)
{
    char text[1024];
    mkdir("store", 0700);
    snprintf(text, sizeof text, "fernit airflow.cfg %zu %zu\n%s%s", strlen(old), strlen(new), old,
             new);
    write_text("store/" COPY, text);
}

/* Every point at which the write may have been torn, where the new text is longer and where it is shorter. */
static void an_interrupted_write_is_finished_wherever_it_was(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{OLD, NEW}, {NEW, OLD}, {OLD, OLD}, {OLD, "[core]\n"}};
    foreach(pair, pairs) {
        const char *old = (*pair)[0];
        const char *new = (*pair)[1];
        size_t longest = strlen(old) > strlen(new) ? strlen(old) : strlen(new);
        for (size_t written = 0; written <= strlen(new); written++)
            for (int zeros = 0; zeros < 2; zeros++) {
                struct error err = {0};
                char torn[256] = "";
                size_t length = strlen(old) > written ? strlen(old) : written;
                memcpy(torn, old, strlen(old));
                memcpy(torn, new, written);
                /* A block that was allocated and not written. */
                for (size_t i = strlen(old); zeros && i < written; i++)
                    torn[i] = '\0';
                assert_true(length <= longest);
                leave_copy(old, new);
                write_bytes("airflow.cfg", torn, length, 0600);
                if (recover(&err) != 1 || !same_text(text_of("airflow.cfg"), new))
                    fail_msg("after %zu bytes: %s", written, err.message);
                if (mode_of("store/" COPY) != -1)
                    fail_msg("after %zu bytes: the copy is still there", written);
            }
    }
}

static void what_was_edited_since_is_left_alone_and_so_is_the_copy(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "[core]\n",
        "[core]\nfernet_key = old\nother = 2\n",
        EDITED,
        "[core]\nfernet_key = axnew-and-longer-one\nother = 1\n",
    };
    foreach(text, texts) {
        struct error err = {0};
        leave_copy(OLD, NEW);
        write_text("airflow.cfg", *text);
        if (recover(&err) != -1 || !error_says(&err, ERROR_INPUT, "edited since"))
            fail_msg("\"%s\": %s", *text, err.message);
        assert_string_equal(text_of("airflow.cfg"), *text);
        assert_true(mode_of("store/" COPY) == 0600);
    }
}

static void a_copy_that_is_none_is_named(void **state)
{
    (void)state;
    static const char *const copies[] = {
        "",
        "x",
        "fernit airflow.cfg ",
        "fernit airflow.cfg 1 1",
        "fernit airflow.cfg 1 1\na",
        "fernit airflow.cfg 1 1\nabc",
        "fernit airflow.cfg 1 99999999999999999999\na",
        "fernit airflow.cfg -1 3\nab",
        "fernit airflow.cfg 1\n2\nabc",
        "fernit airflow.cfg  1\nx",
    };
    foreach(copy, copies) {
        struct error err = {0};
        mkdir("store", 0700);
        write_text("store/" COPY, *copy);
        write_text("airflow.cfg", OLD);
        if (recover(&err) != -1 || !error_says(&err, ERROR_INPUT, "store/" COPY))
            fail_msg("\"%s\": %s", *copy, err.message);
        assert_string_equal(text_of("airflow.cfg"), OLD);
    }
    struct error err = {0};
    unlink("store/" COPY);
    write_text("elsewhere", "fernit airflow.cfg 34 0\n" OLD);
    assert_int_equal(symlink("../elsewhere", "store/" COPY), 0);
    assert_int_equal(recover(&err), -1);
    assert_string_equal(text_of("airflow.cfg"), OLD);
}

static void without_a_copy_there_is_nothing_to_do(void **state)
{
    (void)state;
    struct error err = {0};
    write_text("airflow.cfg", OLD);
    assert_int_equal(recover(&err), 0);
    assert_int_equal(unlink("airflow.cfg"), 0);
    assert_int_equal(recover(&err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_new_folder(makes_a_file_that_those_read_whom_the_mode_names),
        in_new_folder(makes_none_where_something_is_already),
        in_new_folder(replaces_it_and_keeps_its_mode),
        in_new_folder(replaces_what_stands_at_the_end_of_the_links),
        in_new_folder(keeps_the_owner_where_that_is_permitted),
        in_new_folder(a_file_that_was_changed_meanwhile_is_left_alone),
        in_new_folder(makes_it_once_on_every_file_system),
        in_new_folder(tells_what_cannot_be_replaced_from_what_broke),
        in_new_folder(leaves_nothing_beside_it),
        in_new_folder(writes_in_place_what_cannot_be_replaced),
        in_new_folder(does_not_write_over_what_was_changed_meanwhile),
        in_new_folder(an_interrupted_write_is_finished_wherever_it_was),
        in_new_folder(what_was_edited_since_is_left_alone_and_so_is_the_copy),
        in_new_folder(a_copy_that_is_none_is_named),
        in_new_folder(without_a_copy_there_is_nothing_to_do),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
