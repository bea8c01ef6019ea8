#include "store/update.h"

#include <sys/syscall.h>

#include "base/signals.h"
#include "folder.h"
#include "rings.h"
#include "store/lock.h"
#include "store/retired.h"

#define RING "store/fernet_key"
#define STAGED "store/fernet_key.staged"
#define TEMPORARY ".change.0123456789abcdef"

static const struct signals no_signals = {.descriptor = -1};

/* In place of libc's: the number of the fsync that fails, counted from 1; what is done before the names are
 * listed. */
static int fsync_fails_at;
static int fsyncs;
static int rename_fails_with;
static void (*before_listing)(void);

int fsync(int fd)
{
    if (++fsyncs == fsync_fails_at) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int renameat(int oldfd, const char *old, int newfd, const char *new)
{
    if (rename_fails_with) {
        errno = rename_fails_with;
        return -1;
    }
    return (int)syscall(SYS_renameat2, oldfd, old, newfd, new, 0);
}

off_t lseek(int fd, off_t offset, int whence)
{
    void (*action)(void) = before_listing;
    before_listing = NULL;
    if (action)
        action();
    return (off_t)syscall(SYS_lseek, fd, offset, whence);
}

static int enter_store(void **state)
{
    fsync_fails_at = fsyncs = rename_fails_with = 0;
    before_listing = NULL;
    return enter_folder(state) == 0 && mkdir("store", 0700) == 0 ? 0 : -1;
}

#define in_store(test) cmocka_unit_test_setup_teardown(test, enter_store, leave_folder)

static struct store open_store(void)
{
    struct error err = {0};
    struct store store;
    if (store_open(&store, "store", 0640, &err) != 0 || store.directory < 0)
        fail_msg("%s", err.message);
    return store;
}

static void remove_name(const char *name, void *directory)
{
    unlinkat(*(int *)directory, name, 0);
}

static void empty_store(void)
{
    struct error err = {0};
    _cleanup_close_ int fd = open("store", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(file_list(fd, remove_name, &fd, &err), 0);
}

static void count_one(const char *name, void *count)
{
    *(int *)count += strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int names_in(const char *path)
{
    struct error err = {0};
    int count = 0;
    _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(file_list(fd, count_one, &count, &err), 0);
    return count;
}

static int replace(const char *file, const char *text, struct error *err)
{
    _cleanup_store_ struct store store = open_store();
    _cleanup_secret_ struct secret line = {0};
    assert_int_equal(secret_append(&line, text, strlen(text), err), 0);
    return store_replace(&store, file, &line, err);
}

static int read_ring(struct store_file *file, struct error *err)
{
    _cleanup_store_ struct store store = open_store();
    return store_read(&store, "fernet_key", false, file, err);
}

static void a_file_is_replaced_durably_and_nothing_stays_behind(void **state)
{
    (void)state;
    static const char *const before[] = {NULL, "old\n", "", "damaged"};
    foreach(text, before) {
        struct error err = {0};
        umask(077);
        if (*text)
            write_text(RING, *text);
        fsyncs = 0;
        if (replace("fernet_key", "new\n", &err) != 0)
            fail_msg("%s", err.message);
        assert_string_equal(text_of(RING), "new\n");
        /* What was there keeps its own. */
        assert_int_equal(mode_of(RING), *text ? 0600 : 0640);
        assert_int_equal(names_in("store"), 1);
        /* The claim and its name; the file and its name. */
        assert_int_equal(fsyncs, 4);
        unlink(RING);
    }
}

static void a_change_that_fails_leaves_the_old_or_is_still_claimed(void **state)
{
    (void)state;
    static const struct {
        int fsync;
        int rename;
        const char *text;
        int names;
    } table[] = {{1, 0, "old\n", 1},
                 {2, 0, "old\n", 1},
                 {3, 0, "old\n", 1},
                 {4, 0, "new\n", 2},
                 {0, ENOSPC, "old\n", 1}};
    foreach(row, table) {
        struct error err = {0};
        empty_store();
        write_text(RING, "old\n");
        fsyncs = 0;
        fsync_fails_at = row->fsync;
        rename_fails_with = row->rename;
        if (replace("fernet_key", "new\n", &err) != -1 || err.kind != ERROR_SYSTEM)
            fail_msg("fsync %d: %s", row->fsync, err.message);
        fsync_fails_at = rename_fails_with = 0;
        if (!same_text(text_of(RING), row->text) || names_in("store") != row->names)
            fail_msg("fsync %d: %s, %d names", row->fsync, text_of(RING), names_in("store"));

        /* The next one takes over. */
        assert_int_equal(replace("fernet_key", "newer\n", &err), 0);
        assert_string_equal(text_of(RING), "newer\n");
        assert_int_equal(names_in("store"), 1);
    }
}

static void a_file_is_removed_and_may_be_missing(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_store_ struct store store = open_store();
    write_text(STAGED, "new\n");
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(store_remove(&store, "fernet_key.staged", &err), 0);
        assert_int_equal(mode_of(STAGED), -1);
        assert_int_equal(fsyncs, i);
    }
    assert_int_equal(mkdir(STAGED, 0700), 0);
    assert_int_equal(store_remove(&store, "fernet_key.staged", &err), -1);
    assert_true(error_says(&err, ERROR_SYSTEM, "store/fernet_key.staged: cannot be removed"));
}

static void what_is_being_changed_is_made_durable_by_its_reader(void **state)
{
    (void)state;
    static const struct {
        const char *claim;
        const char *staged;
        int fsyncs;
    } table[] = {
        {NULL, NULL, 0},
        {"store/.fernet_key.changing", NULL, 2},
        {"store/.fernet_key.staged.changing", NULL, 2},
        {"store/.fernet_key.staged.changing", "B\n", 3},
        {NULL, "B\n", 0},
        {"store/.secret_key.changing", "B\n", 0},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_store_file_ struct store_file file = {0};
        empty_store();
        write_text(RING, "A\n");
        if (row->claim)
            write_text(row->claim, "");
        if (row->staged)
            write_text(STAGED, row->staged);
        fsyncs = 0;
        if (read_ring(&file, &err) != 0 || file.finding != STORE_HOLDS ||
            !same_text(file.text.bytes, "A\n") || !same_text(file.staged.bytes, row->staged))
            fail_msg("%s: %d, %s", row->claim, (int)file.finding, err.message);
        if (fsyncs != row->fsyncs)
            fail_msg("%s, %s: %d fsyncs", row->claim, row->staged, fsyncs);
    }
}

/* A claim of a change is not one of a creation: it makes nothing unfinished. */
static void damage_stays_damage_while_something_is_changed(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_store_file_ struct store_file file = {0};
    write_text(RING, "QUF");
    write_text("store/.fernet_key.changing", "");
    assert_int_equal(read_ring(&file, &err), 0);
    assert_int_equal(file.finding, STORE_HOLDS);
    assert_string_equal(file.text.bytes, "QUF");
}

static void promote(void)
{
    write_text("store/new", "B,A\n");
    assert_int_equal(rename("store/new", RING), 0);
    unlink(STAGED);
}

static void stage(void)
{
    write_text(STAGED, "B\n");
}

static void a_key_that_moves_meanwhile_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *staged;
        void (*meanwhile)(void);
        const char *text;
        const char *found;
    } table[] = {{"B\n", promote, "B,A\n", NULL},
                 {NULL, promote, "B,A\n", NULL},
                 {NULL, stage, "A\n", "B\n"}};
    foreach(row, table) {
        struct error err = {0};
        _cleanup_store_file_ struct store_file file = {0};
        empty_store();
        write_text(RING, "A\n");
        if (row->staged)
            write_text(STAGED, row->staged);
        before_listing = row->meanwhile;
        assert_int_equal(read_ring(&file, &err), 0);
        if (!same_text(file.text.bytes, row->text) || !same_text(file.staged.bytes, row->found))
            fail_msg("row %td: %s and %s", row - table, file.text.bytes, file.staged.bytes);
    }
}

static void a_staged_file_is_judged_as_the_ring_is(void **state)
{
    (void)state;
    static const struct {
        const char *text; /* NULL: a link */
        mode_t mode;
        enum error_kind kind;
        const char *says;
    } table[] = {
        {"B\n", 0600, ERROR_NONE, NULL},
        {"", 0600, ERROR_INPUT, "store/fernet_key.staged: is empty"},
        {"B\n", 0606, ERROR_REFUSED, "store/fernet_key.staged: can be written by every user"},
        {NULL, 0, ERROR_REFUSED, "store/fernet_key.staged: is a symbolic link"},
    };
    for (int with_ring = 0; with_ring < 2; with_ring++)
        foreach(row, table) {
            struct error err = {0};
            struct store_file file = {0};
            empty_store();
            if (with_ring)
                write_text(RING, "A\n");
            if (row->text)
                write_bytes(STAGED, row->text, strlen(row->text), row->mode);
            else
                assert_int_equal(symlink("fernet_key", STAGED), 0);
            int result = read_ring(&file, &err);
            if (result != (row->says ? -1 : 0) ||
                (row->says && !error_says(&err, row->kind, row->says)))
                fail_msg("%s: %d, %s", row->says, result, err.message);
            if (!row->says && (!same_text(file.staged.bytes, "B\n") ||
                               file.finding != (with_ring ? STORE_HOLDS : STORE_NOTHING)))
                fail_msg("%s, %d", file.staged.bytes, (int)file.finding);
            store_file_free(&file);
        }
}

static void a_value_is_whole_unless_somebody_makes_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool claim;
        enum store_finding finding;
    } table[] = {
        {"value\n", false, STORE_HOLDS}, {"value\n", true, STORE_HOLDS},
        {"value", false, STORE_HOLDS},   {"value", true, STORE_UNFINISHED},
        {"", true, STORE_UNFINISHED},    {"", false, STORE_HOLDS},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_store_file_ struct store_file file = {0};
        _cleanup_store_ struct store store = open_store();
        empty_store();
        write_text("store/jwt_secret", row->text);
        if (row->claim)
            write_text("store/.jwt_secret.claim", "");
        assert_int_equal(store_read(&store, "jwt_secret", true, &file, &err), 0);
        if (file.finding != row->finding)
            fail_msg("\"%s\", %d: %d", row->text, row->claim, (int)file.finding);
    }
}

static void several_are_read_as_each_alone(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_store_ struct store store = open_store();
    static const struct store_wanted wanted[] = {
        {"fernet_key", false}, {"secret_key", true}, {"jwt_secret", true}, {"other", true}};
    static const char *const claims[] = {NULL, "store/.secret_key.claim",
                                         "store/.fernet_key.changing", STAGED,
                                         "store/jwt_secret.staged"};
    foreach(claim, claims)
        for (int odd = 0; odd < 2; odd++) {
            struct store_file files[COUNT(wanted)];
            struct error errors[COUNT(wanted)];
            empty_store();
            write_text(RING, odd ? "QUF" : "A\n");
            write_text("store/secret_key", "value");
            if (odd)
                assert_int_equal(symlink("secret_key", "store/jwt_secret"), 0);
            if (*claim)
                write_text(*claim, "B\n");
            store_read_all(&store, wanted, COUNT(wanted), files, errors);
            for (size_t i = 0; i < COUNT(wanted); i++) {
                struct store_file one;
                int result = store_read(&store, wanted[i].name, wanted[i].is_value, &one, &err);
                if ((result < 0) != (errors[i].kind != ERROR_NONE) ||
                    (result < 0 && strcmp(err.message, errors[i].message) != 0))
                    fail_msg("%s: %d, %s", wanted[i].name, result, errors[i].message);
                if (one.finding != files[i].finding ||
                    !same_text(one.text.bytes, files[i].text.bytes) ||
                    !same_text(one.staged.bytes, files[i].staged.bytes) ||
                    memcmp(&one.scan, &files[i].scan, sizeof one.scan) != 0)
                    fail_msg("%s with %s: %d", wanted[i].name, *claim, (int)files[i].finding);
                store_file_free(&one);
                store_file_free(&files[i]);
            }
        }
}

static void left_overs_of_a_change_are_swept_by_the_holder_of_the_lock(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool swept;
    } table[] = {
        {"store/.fernet_key.changing", true},
        {"store/.fernet_key.staged.changing", true},
        {"store/.fernet_key" TEMPORARY, true},
        {"store/.fernet_key.staged" TEMPORARY, true},
        {"store/retired/.0123456789abcdef" TEMPORARY, true},
        {"store/retired/0123456789abcdef", false},
        {"store/.secret_key.changing", false},
        {"store/.secret_key" TEMPORARY, false},
        {"store/.fernet_key.tmp.0123456789abcdef", false},
        {"store/.fernet_key.claim", false},
        {"store/fernet_key", false},
        {"store/fernet_key.staged", false},
    };
    struct error err = {0};
    struct store_scan scan;
    _cleanup_store_ struct store store = open_store();
    assert_int_equal(mkdir("store/retired", 0700), 0);
    foreach(row, table)
        write_text(row->name, "");
    assert_int_equal(store_scan(&store, "fernet_key", &scan, &err), 0);
    assert_true(scan.changing && scan.changes && scan.staged && scan.retired);

    struct deadline soon = deadline_in(1000, &no_signals);
    int lock = store_lock(&store, &soon, &err);
    store_tidy_changes(&store, "fernet_key", &scan);
    foreach(row, table)
        if (mode_of(row->name) < 0)
            fail_msg("%s: was swept although somebody has the lock", row->name);
    close(lock);
    store_tidy(&store, "secret_key", &scan);
    store_tidy_changes(&store, "fernet_key", &scan);
    foreach(row, table)
        if ((mode_of(row->name) < 0) != row->swept)
            fail_msg("%s: %s", row->name, row->swept ? "is still there" : "was swept");
}

static void claims_stay_where_nothing_can_be_made_durable(void **state)
{
    (void)state;
    struct store_scan scan = {.changing = true};
    _cleanup_store_ struct store store = open_store();
    write_text(RING, "A\n");
    write_text("store/.fernet_key.changing", "");
    fsync_fails_at = 1;
    store_tidy_changes(&store, "fernet_key", &scan);
    assert_true(mode_of("store/.fernet_key.changing") >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_store(a_file_is_replaced_durably_and_nothing_stays_behind),
        in_store(a_change_that_fails_leaves_the_old_or_is_still_claimed),
        in_store(a_file_is_removed_and_may_be_missing),
        in_store(what_is_being_changed_is_made_durable_by_its_reader),
        in_store(damage_stays_damage_while_something_is_changed),
        in_store(a_key_that_moves_meanwhile_is_found),
        in_store(a_staged_file_is_judged_as_the_ring_is),
        in_store(a_value_is_whole_unless_somebody_makes_it),
        in_store(several_are_read_as_each_alone),
        in_store(left_overs_of_a_change_are_swept_by_the_holder_of_the_lock),
        in_store(claims_stay_where_nothing_can_be_made_durable),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
