#include "store/store.h"

#include <sys/syscall.h>

#include "base/file.h"
#include "base/signals.h"
#include "folder.h"
#include "store/create.h"
#include "store/lock.h"

#define KEY "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
#define OTHER "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="

#define FILE_NAME "store/fernet_key"
#define CLAIM "store/.fernet_key.claim"

static const struct signals no_signals = {.descriptor = -1};

/* In place of libc's: a file system without links, without RENAME_NOREPLACE, and what was fsynced. */
static int link_fails_with;
static int rename_fails_with;
static int fsync_fails_with;
static int fsyncs;

int linkat(int fromfd, const char *from, int tofd, const char *to, int flags)
{
    if (link_fails_with) {
        errno = link_fails_with;
        return -1;
    }
    return (int)syscall(SYS_linkat, fromfd, from, tofd, to, flags);
}

int renameat2(int oldfd, const char *old, int newfd, const char *new, unsigned flags)
{
    if (rename_fails_with) {
        errno = rename_fails_with;
        return -1;
    }
    return (int)syscall(SYS_renameat2, oldfd, old, newfd, new, flags);
}

int fsync(int fd)
{
    fsyncs++;
    if (fsync_fails_with) {
        errno = fsync_fails_with;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

static int enter_store(void **state)
{
    link_fails_with = rename_fails_with = fsync_fails_with = fsyncs = 0;
    return enter_folder(state) == 0 && mkdir("store", 0700) == 0 ? 0 : -1;
}

#define in_store(test) cmocka_unit_test_setup_teardown(test, enter_store, leave_folder)

static struct store open_store(void)
{
    struct error err = {0};
    struct store store;
    if (store_open(&store, "store", 0600, &err) != 0 || store.directory < 0)
        fail_msg("%s", err.message);
    return store;
}

static int read_key(struct store_file *file, struct error *err)
{
    _cleanup_store_ struct store store = open_store();
    return store_read(&store, "fernet_key", false, file, err);
}

static int create_for(const char *text, mode_t mode, int64_t timeout, struct error *err)
{
    _cleanup_store_ struct store store = open_store();
    _cleanup_secret_ struct secret line = {0};
    struct deadline deadline = deadline_in(timeout, &no_signals);
    assert_int_equal(secret_append(&line, text, strlen(text), err), 0);
    store.mode = mode;
    return store_create(&store, "fernet_key", false, &line, false, &deadline, err);
}

static int create(const char *text, struct error *err)
{
    return create_for(text, 0600, 10000, err);
}

/* How many names there are in the store, "." and ".." not counted. */
static void count_one(const char *name, void *count)
{
    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
        ++*(int *)count;
}

static int names_in_store(void)
{
    struct error err = {0};
    _cleanup_store_ struct store store = open_store();
    int count = 0;
    assert_int_equal(file_list(store.directory, count_one, &count, &err), 0);
    return count;
}

static void what_is_there_is_read_as_it_is(void **state)
{
    (void)state;
    static const char *const texts[] = {KEY "\n", KEY, KEY "," OTHER "\n", "no key\n", "no key",
                                        "",       "\n"};
    foreach(text, texts) {
        struct error err = {0};
        _cleanup_store_file_ struct store_file file = {0};
        write_text(FILE_NAME, *text);
        if (read_key(&file, &err) != 0)
            fail_msg("\"%s\": %s", *text, err.message);
        if (file.finding != STORE_HOLDS || strcmp(file.text.bytes, *text) != 0 ||
            file.readable_by_all || file.modeless)
            fail_msg("\"%s\": finding %d", *text, (int)file.finding);
    }
    assert_int_equal(fsyncs, 0);
}

static void what_is_not_there_is_nothing(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_store_file_ struct store_file file = {0};
    assert_int_equal(read_key(&file, &err), 0);
    assert_int_equal(file.finding, STORE_NOTHING);
    assert_null(file.text.bytes);

    struct store store;
    assert_int_equal(store_open(&store, "no/store", 0600, &err), 0);
    assert_int_equal(store.directory, -1);
    assert_int_equal(store_read(&store, "fernet_key", false, &file, &err), 0);
    assert_int_equal(file.finding, STORE_NOTHING);

    write_text("plain", "");
    assert_int_equal(store_open(&store, "plain", 0600, &err), -1);
    assert_true(error_says(&err, ERROR_SYSTEM, "the store plain"));
    assert_int_equal(err.errnum, ENOTDIR);
}

static void links_and_what_is_no_file_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        char kind;
        enum error_kind error;
        const char *says;
    } table[] = {
        {'l', ERROR_REFUSED, "store/fernet_key: is a symbolic link"},
        {'d', ERROR_REFUSED, "store/fernet_key: is a symbolic link"},
        {'f', ERROR_INPUT, "store/fernet_key: is a FIFO"},
        {'D', ERROR_INPUT, "store/fernet_key: is a directory"},
        {'L', ERROR_INPUT, "store/fernet_key: is larger than 65536 bytes"},
    };
    write_text("elsewhere", KEY);
    foreach(row, table) {
        struct error err = {0};
        struct store_file file = {0};
        if (row->kind == 'l')
            assert_int_equal(symlink("../elsewhere", FILE_NAME), 0);
        if (row->kind == 'd')
            assert_int_equal(symlink("nothing", FILE_NAME), 0);
        if (row->kind == 'f')
            assert_int_equal(mkfifo(FILE_NAME, 0600), 0);
        if (row->kind == 'D')
            assert_int_equal(mkdir(FILE_NAME, 0700), 0);
        if (row->kind == 'L') {
            write_text(FILE_NAME, KEY);
            assert_int_equal(truncate(FILE_NAME, STORE_MOST + 1), 0);
        }
        if (read_key(&file, &err) != -1 || file.text.bytes ||
            !error_says(&err, row->error, row->says))
            fail_msg("%c: %s", row->kind, err.message);
        /* Nor is anything put in its place. */
        if (create(OTHER "\n", &err) != -1)
            fail_msg("%c: was replaced", row->kind);
        assert_int_equal(names_in_store(), 1);
        assert_int_equal(remove(FILE_NAME), 0);
    }
    assert_string_equal(text_of("elsewhere"), KEY);
}

enum { STRANGER = 12345, OWNER = 23456, GROUP = 34567 };

static const struct {
    int line;
    uid_t owner;
    gid_t group;
    mode_t mode;
    gid_t store_group;
    bool readable;
    const char *says; /* NULL: it is read */
} judgements[] = {
    {ROW, 0, 0, 0600, 0, false, NULL},
    {ROW, 0, 0, 0400, 0, false, NULL},
    {ROW, 0, 0, 0640, 0, false, NULL},
    {ROW, 0, 0, 0660, 0, false, NULL},
    {ROW, 0, 0, 0644, 0, true, NULL},
    {ROW, 0, 0, 0604, 0, true, NULL},
    {ROW, 0, 0, 0664, 0, true, NULL},
    {ROW, 0, 0, 0602, 0, false, "can be written by every user (mode 602)"},
    {ROW, 0, 0, 0666, 0, false, "can be written by every user (mode 666)"},
    {ROW, 0, 0, 0777, 0, false, "can be written by every user (mode 777)"},
    {ROW, OWNER, 0, 0600, 0, false, NULL},
    {ROW, OWNER, 0, 0660, 0, false, NULL},
    {ROW, STRANGER, 0, 0600, 0, false, "is owned by uid 12345"},
    {ROW, STRANGER, 0, 0660, 0, false, "is owned by uid 12345"},
    {ROW, 0, GROUP, 0600, 0, false, NULL},
    {ROW, 0, GROUP, 0640, 0, false, NULL},
    {ROW, 0, GROUP, 0660, GROUP, false, NULL},
    {ROW, OWNER, GROUP, 0660, GROUP, false, NULL},
    {ROW, 0, GROUP, 0660, 0, false, "can be written by group 34567"},
    {ROW, OWNER, GROUP, 0620, 0, false, "can be written by group 34567"},
};

static void owner_and_mode_must_keep_strangers_out(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    foreach(row, judgements) {
        struct error err = {0};
        _cleanup_store_file_ struct store_file file = {0};
        write_bytes(FILE_NAME, KEY, strlen(KEY), 0600);
        assert_int_equal(chown("store", OWNER, row->store_group), 0);
        assert_int_equal(chown(FILE_NAME, row->owner, row->group), 0);
        assert_int_equal(chmod(FILE_NAME, row->mode), 0);
        int result = read_key(&file, &err);
        if (result != (row->says ? -1 : 0))
            fail_row(row, "read: %d, %s", result, err.message);
        if (row->says && (!error_says(&err, ERROR_REFUSED, row->says) ||
                          !strstr(err.message, FILE_NAME) || file.text.bytes))
            fail_row(row, "says %s", err.message);
        if (file.readable_by_all != row->readable || file.modeless)
            fail_row(row, "readable %d, modeless %d", file.readable_by_all, file.modeless);
        if (mode_of(FILE_NAME) != (int)row->mode)
            fail_row(row, "has another mode now");
        assert_int_equal(unlink(FILE_NAME), 0);
    }
}

/* A claim says that somebody is making the file, or did not come to the end of it. */
static void a_claim_tells_unfinished_from_damaged(void **state)
{
    (void)state;
    static const struct {
        const char *text; /* NULL: no file */
        enum store_finding finding;
        bool claim;
        bool syncs;
    } table[] = {
        {NULL, STORE_NOTHING, true, false},       {"", STORE_UNFINISHED, true, false},
        {"QUFBQ", STORE_UNFINISHED, true, false}, {KEY ",", STORE_UNFINISHED, true, false},
        {KEY, STORE_HOLDS, true, true},           {KEY "\n", STORE_HOLDS, true, true},
        {"QUFBQ\n", STORE_HOLDS, true, true},     {"QUFBQ", STORE_HOLDS, false, false},
        {"", STORE_HOLDS, false, false},          {KEY, STORE_HOLDS, false, false},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_store_file_ struct store_file file = {0};
        unlink(FILE_NAME);
        unlink(CLAIM);
        if (row->text)
            write_text(FILE_NAME, row->text);
        if (row->claim)
            write_text(CLAIM, "");
        fsyncs = 0;
        if (read_key(&file, &err) != 0 || file.finding != row->finding ||
            file.scan.claim != row->claim)
            fail_msg("\"%s\", %d: %d, %s", row->text, row->claim, (int)file.finding, err.message);
        /* The file, and its directory. */
        if (fsyncs != (row->syncs ? 2 : 0))
            fail_msg("\"%s\", %d: %d fsyncs", row->text, row->claim, fsyncs);
    }
}

static void a_second_link_makes_a_reader_sync_for_itself(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_store_file_ struct store_file file = {0};
    write_text(FILE_NAME, KEY "\n");
    assert_int_equal(link(FILE_NAME, "store/.fernet_key.tmp.0123456789abcdef"), 0);
    assert_int_equal(read_key(&file, &err), 0);
    assert_int_equal(file.finding, STORE_HOLDS);
    assert_true(file.scan.temporaries);
    assert_int_equal(fsyncs, 2);

    fsync_fails_with = EIO;
    store_file_free(&file);
    assert_int_equal(read_key(&file, &err), -1);
    assert_int_equal(err.errnum, EIO);
    assert_null(file.text.bytes);
}

static void left_overs_are_seen_and_swept_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool claim;
        bool temporaries;
        bool copies;
    } table[] = {
        {"store/.fernet_key.tmp.0123456789abcdef", false, true, false},
        {"store/.fernet_key.tmp.", false, false, false},
        {"store/.fernet_key.tmp.mine", false, false, false},
        {"store/.fernet_key.tmp.0123456789abcdef0", false, false, false},
        {"store/.fernet_key.tmp.0123456789abcdeF", false, false, false},
        {"store/.fernet_key.claim", true, false, false},
        {"store/.airflow.cfg.0123456789abcdef", false, false, true},
        {"store/fernet_key", false, false, false},
        {"store/.lock", false, false, false},
        {"store/.secret_key.tmp.0123456789abcdef", false, false, false},
        {"store/.secret_key.claim", false, false, false},
        {"store/fernet_key.tmp.x", false, false, false},
        {"store/.fernet_key.claimed", false, false, false},
        {"store/fernet_key.staged", false, false, false},
        {"store/airflow.cfg", false, false, false},
    };
    foreach(row, table) {
        struct error err = {0};
        struct store_scan scan = {0};
        _cleanup_store_ struct store store = open_store();
        write_text(row->name, "");
        if (store_scan(&store, "fernet_key", &scan, &err) != 0 || scan.claim != row->claim ||
            scan.temporaries != row->temporaries || scan.copies != row->copies)
            fail_msg("%s: %d %d %d", row->name, scan.claim, scan.temporaries, scan.copies);
        store_tidy(&store, "fernet_key", &scan);
        if ((mode_of(row->name) < 0) != (row->claim || row->temporaries))
            fail_msg("%s: %s", row->name, mode_of(row->name) < 0 ? "was swept" : "is still there");
        unlink(row->name);
    }
}

static void a_store_is_made_with_x_where_there_is_r(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        int directory;
    } table[] = {{0600, 0700}, {0640, 0750}, {0660, 0770}};
    foreach(row, table) {
        struct error err = {0};
        struct store store;
        umask(077);
        assert_int_equal(store_open(&store, "deep/below", row->mode, &err), 0);
        assert_int_equal(store_make(&store, &err), 0);
        assert_true(store.directory >= 0);
        assert_int_equal(mode_of("deep/below"), row->directory);
        assert_int_equal(mode_of("deep"), 0700);
        /* One that is there stays as it is. */
        assert_int_equal(store_make(&store, &err), 0);
        assert_int_equal(mode_of("deep/below"), row->directory);
        store_close(&store);
        rmdir("deep/below");
        rmdir("deep");
    }
}

static const struct {
    int line;
    int link;
    int rename;
    int error; /* 0: it is made */
} ways[] = {
    {ROW, 0, 0, 0},
    {ROW, EPERM, 0, 0},
    {ROW, EOPNOTSUPP, 0, 0},
    {ROW, ENOSYS, 0, 0},
    {ROW, EMLINK, 0, 0},
    {ROW, EXDEV, 0, 0},
    {ROW, EPERM, EINVAL, 0},
    {ROW, EPERM, ENOSYS, 0},
    {ROW, EOPNOTSUPP, EOPNOTSUPP, 0},
    {ROW, EACCES, 0, EACCES},
    {ROW, EROFS, 0, EROFS},
    {ROW, ENOSPC, 0, ENOSPC},
    {ROW, EDQUOT, 0, EDQUOT},
    {ROW, EIO, 0, EIO},
    {ROW, EINVAL, 0, EINVAL},
    {ROW, EPERM, EPERM, EPERM},
    {ROW, EPERM, EACCES, EACCES},
    {ROW, EPERM, ENOSPC, ENOSPC},
    {ROW, EPERM, EIO, EIO},
};

static void a_key_is_made_once_by_each_of_the_three_ways(void **state)
{
    (void)state;
    foreach(row, ways) {
        struct error err = {0};
        link_fails_with = row->link;
        rename_fails_with = row->rename;
        int created = create(KEY "\n", &err);
        if (created != (row->error ? -1 : STORE_CREATED))
            fail_row(row, "%d: %s", created, err.message);
        if (row->error &&
            (err.kind != ERROR_SYSTEM || err.errnum != row->error || mode_of(FILE_NAME) != -1))
            fail_row(row, "%s", err.message);
        if (!row->error) {
            struct stat status;
            if (!same_text(text_of(FILE_NAME), KEY "\n") || mode_of(FILE_NAME) != 0600)
                fail_row(row, "holds %s", text_of(FILE_NAME));
            assert_int_equal(stat(FILE_NAME, &status), 0);
            if (status.st_nlink != 1)
                fail_row(row, "has %lu links", (unsigned long)status.st_nlink);

            /* The second gets the first one's. */
            created = create(OTHER "\n", &err);
            if (created != STORE_EXISTS || !same_text(text_of(FILE_NAME), KEY "\n"))
                fail_row(row, "second: %d, %s", created, text_of(FILE_NAME));

            /* Nothing is left but the lock, and what the next reader removes. */
            struct store_file file = {0};
            _cleanup_store_ struct store store = open_store();
            assert_int_equal(store_read(&store, "fernet_key", false, &file, &err), 0);
            store_tidy(&store, "fernet_key", &file.scan);
            store_file_free(&file);
            unlink("store/.lock");
            if (names_in_store() != 1)
                fail_row(row, "%d names are left", names_in_store());
        }
        unlink(FILE_NAME);
        unlink(CLAIM);
        unlink("store/.lock");
        if (names_in_store() != 0)
            fail_row(row, "temporaries are left");
    }
}

static void it_has_the_mode_that_is_asked_for_whatever_the_umask(void **state)
{
    (void)state;
    static const mode_t modes[] = {0600, 0640, 0660};
    foreach(mode, modes)
        for (int way = 0; way < 3; way++) {
            struct error err = {0};
            umask(077);
            link_fails_with = way > 0 ? EPERM : 0;
            rename_fails_with = way > 1 ? EINVAL : 0;
            if (create_for(KEY "\n", *mode, 10000, &err) != STORE_CREATED ||
                mode_of(FILE_NAME) != (int)*mode)
                fail_msg("way %d: %o", way, (unsigned)mode_of(FILE_NAME));
            unlink(FILE_NAME);
        }
}

static void it_is_durable_before_anybody_uses_it(void **state)
{
    (void)state;
    static const struct {
        int link;
        int rename;
        int fsyncs; /* file and directory; claim, its directory, then both; twice the claim */
    } table[] = {{0, 0, 2}, {EPERM, 0, 4}, {EPERM, EINVAL, 7}};
    foreach(row, table) {
        struct error err = {0};
        link_fails_with = row->link;
        rename_fails_with = row->rename;
        fsyncs = 0;
        assert_int_equal(create(KEY "\n", &err), STORE_CREATED);
        if (fsyncs < row->fsyncs)
            fail_msg("%d, %d: %d fsyncs", row->link, row->rename, fsyncs);
        unlink(FILE_NAME);

        fsync_fails_with = EIO;
        if (create(KEY "\n", &err) != -1 || err.errnum != EIO)
            fail_msg("%d, %d: EIO was ignored", row->link, row->rename);
        fsync_fails_with = 0;
        unlink(FILE_NAME);
    }
}

/* Whoever has the lock may finish what another began and claimed, and nothing else. */
static void an_unfinished_one_is_finished(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "QUF", OTHER ","};
    foreach(text, texts)
        for (int way = 0; way < 3; way++) {
            struct error err = {0};
            link_fails_with = way > 0 ? EPERM : 0;
            rename_fails_with = way > 1 ? EINVAL : 0;
            write_text(FILE_NAME, *text);
            write_text(CLAIM, "");
            if (create(KEY "\n", &err) != STORE_CREATED ||
                !same_text(text_of(FILE_NAME), KEY "\n") || mode_of(CLAIM) != -1)
                fail_msg("\"%s\", way %d: %s", *text, way, err.message);
            unlink(FILE_NAME);
        }
}

static void a_damaged_one_is_left_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "QUF", "QUF\n", OTHER};
    foreach(text, texts)
        for (int way = 0; way < 2; way++) {
            struct error err = {0};
            link_fails_with = way > 0 ? EPERM : 0;
            write_text(FILE_NAME, *text);
            int created = create(KEY "\n", &err);
            if (!same_text(text_of(FILE_NAME), *text) || created == STORE_CREATED)
                fail_msg("\"%s\", way %d: %d", *text, way, created);
            unlink(FILE_NAME);
            unlink(CLAIM);
        }
}

static void the_lock_is_held_by_one(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_store_ struct store store = open_store();
    struct deadline soon = deadline_in(100, &no_signals);
    int first = store_lock(&store, &soon, &err);
    assert_true(first >= 0);
    assert_int_equal(store_lock(&store, &soon, &err), -1);
    assert_true(error_says(&err, ERROR_REFUSED, "store/.lock: "));

    /* The third way needs it. */
    link_fails_with = EPERM;
    rename_fails_with = EINVAL;
    assert_int_equal(create_for(KEY "\n", 0600, 100, &err), -1);
    assert_true(error_says(&err, ERROR_REFUSED, "store/.lock: "));
    assert_int_equal(mode_of(FILE_NAME), -1);

    close(first);
    soon = deadline_in(100, &no_signals);
    int second = store_lock(&store, &soon, &err);
    assert_true(second >= 0);
    close(second);
    assert_int_equal(create_for(KEY "\n", 0600, 100, &err), STORE_CREATED);
}

static void a_signal_ends_the_wait_for_the_lock(void **state)
{
    (void)state;
    struct error err = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    const struct signals signals = {.descriptor = ends[0]};
    _cleanup_store_ struct store store = open_store();
    struct deadline deadline = deadline_in(60000, &signals);
    int first = store_lock(&store, &deadline, &err);
    assert_true(first >= 0);
    assert_int_equal(store_lock(&store, &deadline, &err), -1);
    assert_int_equal(err.kind, ERROR_ENDING);
    close(first);
    close(ends[0]);
    close(ends[1]);
}

static void the_lock_is_no_link_to_elsewhere(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_store_ struct store store = open_store();
    struct deadline deadline = deadline_in(1000, &no_signals);
    assert_int_equal(symlink("../elsewhere", "store/.lock"), 0);
    assert_int_equal(store_lock(&store, &deadline, &err), -1);
    assert_int_equal(err.errnum, ELOOP);
    assert_int_equal(mode_of("elsewhere"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_store(what_is_there_is_read_as_it_is),
        in_store(what_is_not_there_is_nothing),
        in_store(links_and_what_is_no_file_are_refused_by_name),
        in_store(owner_and_mode_must_keep_strangers_out),
        in_store(a_claim_tells_unfinished_from_damaged),
        in_store(a_second_link_makes_a_reader_sync_for_itself),
        in_store(left_overs_are_seen_and_swept_and_nothing_else),
        in_store(a_store_is_made_with_x_where_there_is_r),
        in_store(a_key_is_made_once_by_each_of_the_three_ways),
        in_store(it_has_the_mode_that_is_asked_for_whatever_the_umask),
        in_store(it_is_durable_before_anybody_uses_it),
        in_store(an_unfinished_one_is_finished),
        in_store(a_damaged_one_is_left_alone),
        in_store(the_lock_is_held_by_one),
        in_store(a_signal_ends_the_wait_for_the_lock),
        in_store(the_lock_is_no_link_to_elsewhere),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
