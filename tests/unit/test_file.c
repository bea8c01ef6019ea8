#include "base/file.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "folder.h"

enum { MOST = 8192 };

static int open_file(const char *name, int flags, struct error *err)
{
    struct stat status;
    return file_open(AT_FDCWD, name, flags, name, &status, err);
}

static void reads_a_file_whole_up_to_its_limit(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 508, 509, 510, 4095, 4096, 4097, MOST - 1, MOST};
    static char bytes[MOST];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    foreach(size, sizes) {
        struct error err = {0};
        _cleanup_secret_ struct secret text = {0};
        write_bytes("f", bytes, *size, 0600);
        int fd = open_file("f", 0, &err);
        if (file_read(fd, "f", MOST, &text, &err) != 0)
            fail_msg("%zu bytes: %s", *size, err.message);
        close(fd);
        if (text.length != *size || memcmp(text.bytes, bytes, *size) != 0 ||
            text.bytes[*size] != '\0')
            fail_msg("%zu bytes: got %zu", *size, text.length);
    }
}

static void refuses_a_file_beyond_its_limit(void **state)
{
    (void)state;
    static char bytes[3 * MOST];
    static const size_t sizes[] = {MOST + 1, 2 * MOST, 3 * MOST};
    foreach(size, sizes) {
        struct error err = {0};
        _cleanup_secret_ struct secret text = {0};
        write_bytes("f", bytes, *size, 0600);
        int fd = open_file("f", 0, &err);
        if (file_read(fd, "the/path", MOST, &text, &err) != -1 ||
            !error_says(&err, ERROR_INPUT, "the/path: is larger than 8192 bytes"))
            fail_msg("%zu bytes: %s", *size, err.message);
        close(fd);
    }
}

static void appends_to_what_is_there_and_counts_only_its_own(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_secret_ struct secret text = {0};
    assert_int_equal(secret_append(&text, "before ", 7, &err), 0);
    write_text("f", "1234");
    int fd = open_file("f", 0, &err);
    assert_int_equal(file_read(fd, "f", 4, &text, &err), 0);
    assert_string_equal(text.bytes, "before 1234");
    assert_int_equal(text.length, 11);
    close(fd);
}

static void reads_what_comes_next_and_no_more(void **state)
{
    (void)state;
    static const struct {
        size_t most;
        const char *text;
    } steps[] = {{3, "<abc"}, {1, "<abcd"}, {0, "<abcd"}, {100, "<abcdefgh"}, {100, "<abcdefgh"}};
    struct error err = {0};
    _cleanup_secret_ struct secret text = {0};
    write_text("f", "abcdefgh");
    int fd = open_file("f", 0, &err);
    assert_int_equal(secret_append(&text, "<", 1, &err), 0);
    foreach(step, steps) {
        if (file_read_some(fd, "f", step->most, &text, &err) != 0 ||
            strcmp(text.bytes, step->text) != 0 || text.length != strlen(step->text))
            fail_msg("%zu bytes: got \"%s\": %s", step->most, text.bytes, err.message);
    }
    close(fd);
    assert_int_equal(file_read_some(-1, "the/path", 1, &text, &err), -1);
    assert_true(error_says(&err, ERROR_SYSTEM, "the/path: cannot be read"));
}

/* A file that says it is empty and is not, as those of the kernel do, and a pipe in pieces. */
static void does_not_rely_on_the_size_that_it_is_told(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_secret_ struct secret text = {0};
    int fd = open_file("/proc/self/status", 0, &err);
    assert_true(fd >= 0);
    assert_int_equal(file_read(fd, "status", MOST, &text, &err), 0);
    assert_non_null(strstr(text.bytes, "Name:\t"));
    assert_non_null(strstr(text.bytes, "\nThreads:"));
    close(fd);

    fd = open_file("/proc/self/status", 0, &err);
    secret_free(&text);
    assert_int_equal(file_read(fd, "status", 100, &text, &err), -1);
    assert_true(error_says(&err, ERROR_INPUT, "larger than 100 bytes"));
    close(fd);

    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "in a pipe", 9), 9);
    close(ends[1]);
    secret_free(&text);
    assert_int_equal(file_read(ends[0], "pipe", MOST, &text, &err), 0);
    assert_string_equal(text.bytes, "in a pipe");
    close(ends[0]);
}

static void a_read_that_fails_keeps_errno(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_secret_ struct secret text = {0};
    int fd = open(".", O_RDONLY | O_CLOEXEC);
    assert_int_equal(file_read(fd, "the/path", 1 << 20, &text, &err), -1);
    assert_true(error_says(&err, ERROR_SYSTEM, "the/path: "));
    assert_int_equal(err.errnum, EISDIR);
    close(fd);
    assert_int_equal(file_read(-1, "the/path", MOST, &text, &err), -1);
    assert_int_equal(err.errnum, EBADF);
}

static void opens_regular_files_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int flags;
        enum error_kind kind;
        int errnum;
        const char *says;
    } table[] = {
        {"file", 0, ERROR_NONE, 0, ""},
        {"file", O_NOFOLLOW, ERROR_NONE, 0, ""},
        {"link", 0, ERROR_NONE, 0, ""},
        {"link", O_NOFOLLOW, ERROR_SYSTEM, ELOOP, "the/path: "},
        {"dangling", 0, ERROR_SYSTEM, ENOENT, "the/path: "},
        {"loop", 0, ERROR_SYSTEM, ELOOP, "the/path: "},
        {"nothing", 0, ERROR_SYSTEM, ENOENT, "the/path: "},
        {"file/x", 0, ERROR_SYSTEM, ENOTDIR, "the/path: "},
        {"", 0, ERROR_SYSTEM, ENOENT, "the/path: "},
        {"folder", 0, ERROR_INPUT, 0, "the/path: is a directory, not a file"},
        {"fifo", 0, ERROR_INPUT, 0, "the/path: is a FIFO, not a file"},
        {"socket", 0, ERROR_SYSTEM, ENXIO, "the/path: "},
        {"/dev/null", 0, ERROR_INPUT, 0, "the/path: is a device, not a file"},
    };
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (const void *)&address, sizeof address), 0);
    write_text("file", "12345");
    assert_int_equal(symlink("file", "link"), 0);
    assert_int_equal(symlink("nothing", "dangling"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);

    foreach(row, table) {
        struct error err = {0};
        struct stat status = {0};
        int fd = file_open(AT_FDCWD, row->name, row->flags, "the/path", &status, &err);
        if ((fd >= 0) != (row->kind == ERROR_NONE) || err.kind != row->kind ||
            err.errnum != row->errnum || !strstr(err.message, row->says))
            fail_msg("%s: %s", row->name, err.message);
        if (fd >= 0) {
            assert_int_equal(status.st_size, 5);
            assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
            close(fd);
        }
    }
    close(listener);
}

static void opens_below_a_directory(void **state)
{
    (void)state;
    struct error err = {0};
    struct stat status;
    assert_int_equal(mkdir("folder", 0700), 0);
    write_text("folder/f", "x");
    int directory = open("folder", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = file_open(directory, "f", O_NOFOLLOW, "folder/f", &status, &err);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(file_open(directory, "g", O_NOFOLLOW, "folder/g", &status, &err), -1);
    assert_int_equal(err.errnum, ENOENT);
    close(directory);
}

static void writes_all_of_it_or_says_why(void **state)
{
    (void)state;
    struct error err = {0};
    int fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(file_write(fd, "f", "abc", 3, &err), 0);
    assert_int_equal(file_write(fd, "f", NULL, 0, &err), 0);
    assert_int_equal(file_write(fd, "f", "d\0e", 3, &err), 0);
    close(fd);
    assert_memory_equal(text_of("f"), "abcd\0e", 7);

    fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_int_equal(file_write(fd, "the/path", "x", 1, &err), -1);
    assert_true(error_says(&err, ERROR_SYSTEM, "the/path: "));
    assert_int_equal(err.errnum, ENOSPC);
    close(fd);
}

static void a_temporary_has_a_name_of_its_own_and_mode_0600(void **state)
{
    (void)state;
    char names[2][FILE_TEMPORARY_NAME];
    umask(0);
    int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 2; i++) {
        struct error err = {0};
        int fd = file_temporary(directory, ".key.tmp.", names[i], &err);
        assert_true(fd >= 0);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        assert_int_equal(file_write(fd, "f", "x", 1, &err), 0);
        close(fd);
        assert_memory_equal(names[i], ".key.tmp.", 9);
        assert_int_equal(strlen(names[i] + 9), 16);
        assert_int_equal(strspn(names[i] + 9, "0123456789abcdef"), 16);
        assert_int_equal(mode_of(names[i]), 0600);
    }
    assert_string_not_equal(names[0], names[1]);
    close(directory);
}

static void a_temporary_that_cannot_be_made_is_an_error(void **state)
{
    (void)state;
    struct error err = {0};
    char name[FILE_TEMPORARY_NAME];
    assert_int_equal(mkdir("gone", 0700), 0);
    int directory = open("gone", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(rmdir("gone"), 0);
    assert_int_equal(file_temporary(directory, "t.", name, &err), -1);
    assert_int_equal(err.kind, ERROR_SYSTEM);
    assert_int_equal(err.errnum, ENOENT);
    close(directory);
}

static void makes_directories_with_the_mode_that_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        int line;
        mode_t mask;
        const char *path;
        mode_t mode;
        int parent; /* of "a" */
        int leaf;
        const char *made;
    } table[] = {
        {ROW, 022, "a", 0700, 0700, 0700, "a"},
        {ROW, 022, "a", 0770, 0770, 0770, "a"},
        {ROW, 077, "a", 0750, 0750, 0750, "a"},
        {ROW, 022, "a", 0, 0755, 0755, "a"},
        {ROW, 077, "a", 0, 0700, 0700, "a"},
        {ROW, 0, "a", 0, 0755, 0755, "a"},
        {ROW, 022, "a/b", 0700, 0755, 0700, "a/b"},
        {ROW, 022, "a/b", 0770, 0755, 0770, "a/b"},
        {ROW, 027, "a/b/c", 0700, 0750, 0700, "a/b/c"},
        {ROW, 077, "a/b/c", 0, 0700, 0700, "a/b/c"},
        {ROW, 022, "a/", 0700, 0700, 0700, "a"},
        {ROW, 022, "a///", 0700, 0700, 0700, "a"},
        {ROW, 022, "a//b//", 0700, 0755, 0700, "a/b"},
        {ROW, 022, "./a/./b", 0700, 0755, 0700, "a/b"},
    };
    foreach(row, table) {
        struct error err = {0};
        umask(row->mask);
        if (file_make_directory(row->path, row->mode, &err) != 0)
            fail_row(row, "%s", err.message);
        if (umask(022) != row->mask)
            fail_row(row, "the umask is another now");
        if (mode_of("a") != row->parent || mode_of(row->made) != row->leaf)
            fail_row(row, "modes %o and %o", (unsigned)mode_of("a"), (unsigned)mode_of(row->made));
        rmdir("a/b/c");
        rmdir("a/b");
        rmdir("a");
    }
}

static void leaves_a_directory_that_exists_as_it_is(void **state)
{
    (void)state;
    struct error err = {0};
    char path[4096];
    assert_int_equal(mkdir("a", 0711), 0);
    assert_int_equal(file_make_directory("a", 0770, &err), 0);
    assert_int_equal(file_make_directory("a/", 0, &err), 0);
    assert_int_equal(file_make_directory("a/b", 0700, &err), 0);
    assert_int_equal(mode_of("a"), 0711);
    assert_int_equal(file_make_directory("/", 0700, &err), 0);
    assert_int_equal(file_make_directory(".", 0700, &err), 0);
    assert_int_equal(symlink("a", "link"), 0);
    assert_int_equal(file_make_directory("link/c", 0700, &err), 0);
    assert_int_equal(mode_of("a/c"), 0700);
    char *here = getcwd(NULL, 0);
    assert_non_null(here);
    snprintf(path, sizeof path, "%s/a/d/e", here);
    free(here);
    assert_int_equal(file_make_directory(path, 0700, &err), 0);
    assert_int_equal(mode_of("a/d/e"), 0700);
}

static void says_where_no_directory_can_be_made(void **state)
{
    (void)state;
    char name[300];
    char path[6000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    const struct {
        const char *path;
        int errnum;
    } table[] = {
        {"file/a", ENOTDIR},  {"file/a/b", ENOTDIR},  {name, ENAMETOOLONG},
        {path, ENAMETOOLONG}, {"dangling/a", EEXIST}, {"", ENOENT},
    };
    write_text("file", "");
    assert_int_equal(symlink("nothing", "dangling"), 0);
    foreach(row, table) {
        struct error err = {0};
        int made = file_make_directory(row->path, 0700, &err);
        /* Through a dangling link it ends somehow, but not well, and not elsewhere. */
        bool any = row->errnum == EEXIST;
        if (made != -1 || err.kind != ERROR_SYSTEM || (!any && err.errnum != row->errnum))
            fail_msg("%.20s: %d, %s", row->path, made, err.message);
    }
    assert_int_equal(mode_of("nothing"), -1);
}

static void a_directory_without_fsync_is_taken_at_its_word(void **state)
{
    (void)state;
    struct error err = {0};
    int ends[2];
    int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(file_sync_directory(fd, ".", &err), 0);
    close(fd);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(file_sync_directory(ends[0], "pipe", &err), 0);
    close(ends[0]);
    close(ends[1]);
}

static void knows_which_errno_says_that_there_is_another_way(void **state)
{
    (void)state;
    static const struct {
        int errnum;
        bool link;
        bool noreplace;
    } table[] = {
        {EPERM, true, false},   {EOPNOTSUPP, true, true},     {ENOSYS, true, true},
        {EMLINK, true, false},  {EXDEV, true, false},         {EINVAL, false, true},
        {0, false, false},      {EEXIST, false, false},       {ENOENT, false, false},
        {EACCES, false, false}, {EROFS, false, false},        {ENOSPC, false, false},
        {EDQUOT, false, false}, {EIO, false, false},          {ESTALE, false, false},
        {EBUSY, false, false},  {ENOTDIR, false, false},      {ELOOP, false, false},
        {EINTR, false, false},  {ENAMETOOLONG, false, false},
    };
    foreach(row, table)
        if (file_link_is_impossible(row->errnum) != row->link ||
            file_noreplace_is_impossible(row->errnum) != row->noreplace)
            fail_msg("%s", strerror(row->errnum));
}

struct listing {
    int count;
    int dots;
    bool unlinks;
};

static void count_name(const char *name, void *context)
{
    struct listing *listing = context;
    if (*name == '.') {
        listing->dots++;
        return;
    }
    listing->count++;
    if (listing->unlinks)
        assert_int_equal(unlink(name), 0);
}

static void lists_every_name_even_while_they_go(void **state)
{
    (void)state;
    enum { MANY = 500 };
    struct error err = {0};
    for (int i = 0; i < MANY; i++) {
        char name[64];
        snprintf(name, sizeof name, "a-name-of-some-length-number-%d", i);
        write_text(name, "");
    }
    int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int round = 0; round < 3; round++) {
        struct listing listing = {.unlinks = round == 1};
        assert_int_equal(file_list(directory, count_name, &listing, &err), 0);
        assert_int_equal(listing.count, round < 2 ? MANY : 0);
        assert_int_equal(listing.dots, 2);
    }
    close(directory);
    int file = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(file_list(file, count_name, &(struct listing){0}, &err), -1);
    assert_int_equal(err.errnum, ENOTDIR);
    close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(reads_a_file_whole_up_to_its_limit),
        in_folder(refuses_a_file_beyond_its_limit),
        in_folder(appends_to_what_is_there_and_counts_only_its_own),
        in_folder(reads_what_comes_next_and_no_more),
        in_folder(does_not_rely_on_the_size_that_it_is_told),
        in_folder(a_read_that_fails_keeps_errno),
        in_folder(opens_regular_files_and_nothing_else),
        in_folder(opens_below_a_directory),
        in_folder(writes_all_of_it_or_says_why),
        in_folder(a_temporary_has_a_name_of_its_own_and_mode_0600),
        in_folder(a_temporary_that_cannot_be_made_is_an_error),
        in_folder(makes_directories_with_the_mode_that_is_asked_for),
        in_folder(leaves_a_directory_that_exists_as_it_is),
        in_folder(says_where_no_directory_can_be_made),
        in_folder(a_directory_without_fsync_is_taken_at_its_word),
        cmocka_unit_test(knows_which_errno_says_that_there_is_another_way),
        in_folder(lists_every_name_even_while_they_go),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
