#include "resolve/secret_file.h"

#include <sys/wait.h>

#include "root_folder.h"

#define KEY "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
#define SLASHED "//////////////////////////////////////////8="
#define VAR "FERNET_KEY_FILE"
#define MOUNT "mount it, readable and whole\nor leave out "
#define HIDDEN "give a path that begins with \"/\""

enum { MOST = 64 * 1024 };

/* Files that are there in every test. "large" is one byte too large, "largest" is not. */
static void write_files(void)
{
    static char large[MOST + 1];
    memset(large, 'x', sizeof large);
    write_bytes("large", large, sizeof large, 0600);
    write_bytes("largest", large, MOST, 0600);
    write_text("plain", "text");
    write_text("line", "text\n");
    write_text("dos", "text\r\n");
    write_text("return", "text\r");
    write_text("lines", "text\n\n");
    write_text("blanks", " text \n");
    write_text("empty", "");
    write_text("blank", " \n\t\n");
    write_bytes("nul", "te\0xt\n", 6, 0600);
    write_bytes("public", "text", 4, 0444);
    mkdir("folder", 0700);
    mkfifo("fifo", 0600);
    assert_int_equal(symlink("plain", "..data"), 0);
    assert_int_equal(symlink("..data", "link"), 0);
    assert_int_equal(symlink("missing", "dangling"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
}

static const struct {
    int line;
    const char *path;
    const char *text;
    size_t length;
} right[] = {
    {ROW, "./plain", "text", 4},
    {ROW, "plain", "text", 4}, /* a relative path */
    {ROW, "folder/../plain", "text", 4},
    {ROW, "./link", "text", 4}, /* over two symbolic links, as Kubernetes mounts it */
    {ROW, "./public", "text", 4},
    {ROW, "./line", "text", 4},
    {ROW, "./dos", "text", 4},
    {ROW, "./return", "text", 4},
    {ROW, "./lines", "text\n", 5},
    {ROW, "./blanks", " text ", 6},
    {ROW, "./nul", "te\0xt", 5}, /* all of it: the caller decides */
    {ROW, "./largest", NULL, MOST},
};

static void a_file_is_read_whole_without_one_line_end(void **state)
{
    (void)state;
    write_files();
    foreach(row, right) {
        struct error err = {0};
        _cleanup_secret_ struct secret text = {0};
        const struct secret_file file = {row->path, VAR, "FERNET_KEY"};
        if (secret_file_read(&file, NULL, &text, &err) != 0)
            fail_row(row, "%s", err.message);
        if (text.length != row->length ||
            (row->text && memcmp(text.bytes, row->text, text.length) != 0))
            fail_row(row, "%zu bytes: %s", text.length, text.bytes);
        assert_int_equal(text.bytes[text.length], '\0');
    }
}

/* In the words of the C library. */
#ifdef __GLIBC__
#define LOOP "Too many levels of symbolic links"
#else
#define LOOP "Symbolic link loop"
#endif

static const struct {
    int line;
    enum error_kind kind;
    const char *named_by;
    const char *path;
    const char *message; /* all of it */
    const char *hint;    /* a part */
    const char *hides;   /* neither has it */
} wrong[] = {
    {ROW, ERROR_SYSTEM, VAR, "./missing", VAR ": ./missing: No such file or directory",
     MOUNT VAR ", if nothing needs its value", NULL},
    {ROW, ERROR_SYSTEM, VAR, "./dangling", VAR ": ./dangling: No such file or directory", MOUNT,
     NULL},
    {ROW, ERROR_SYSTEM, VAR, "./plain/x", VAR ": ./plain/x: Not a directory", MOUNT, NULL},
    {ROW, ERROR_SYSTEM, VAR, "./loop", VAR ": ./loop: " LOOP, MOUNT, NULL},
    {ROW, ERROR_INPUT, VAR, "./empty", VAR ": ./empty: is empty", MOUNT, NULL},
    {ROW, ERROR_INPUT, VAR, "./blank", VAR ": ./blank: is empty", MOUNT, NULL},
    {ROW, ERROR_INPUT, VAR, "./folder", VAR ": ./folder: is a directory, not a file", MOUNT, NULL},
    {ROW, ERROR_INPUT, VAR, "./fifo", VAR ": ./fifo: is a FIFO, not a file", MOUNT, NULL},
    {ROW, ERROR_INPUT, VAR, "/dev/zero", VAR ": /dev/zero: is a device, not a file", MOUNT, NULL},
    {ROW, ERROR_INPUT, VAR, "./large", VAR ": ./large: is larger than 65536 bytes", MOUNT, NULL},

    /* An option names many files: the path tells which. Nothing names a usual path, so nothing is to be unset. */
    {ROW, ERROR_SYSTEM, NULL, "/missing", "/missing: No such file or directory",
     "mount it, readable and whole", VAR},
    {ROW, ERROR_INPUT, NULL, "./empty", "./empty: is empty", "mount it, readable and whole", VAR},
    {ROW, ERROR_SYSTEM, "--secret-file", "/missing", "/missing: No such file or directory",
     MOUNT "--secret-file (FERNIT_SECRET_FILE), ", NULL},

    /* A value that may be the secret itself. */
    {ROW, ERROR_SYSTEM, VAR, "hunter2", VAR ": the file: No such file or directory", HIDDEN,
     "hunter2"},
    {ROW, ERROR_SYSTEM, VAR, "mysql://a:b@c/d", VAR ": the file: No such file or directory", HIDDEN,
     "mysql"},
    {ROW, ERROR_INPUT, VAR, "folder", VAR ": the file: is a directory, not a file", HIDDEN,
     "folder"},
    {ROW, ERROR_INPUT, VAR, "empty", VAR ": the file: is empty", MOUNT, "./"},
    {ROW, ERROR_SYSTEM, "--secret-file", "hunter2",
     "--secret-file: the file: No such file or directory", HIDDEN, "hunter2"},
    {ROW, ERROR_INPUT, VAR, KEY, VAR ": is a key, where a path belongs",
     "put the key into FERNET_KEY", "QUFB"},
    {ROW, ERROR_INPUT, VAR, KEY "," SLASHED, VAR ": is a key, where a path belongs",
     "put the key into", "QUFB"},
    {ROW, ERROR_INPUT, VAR, SLASHED, VAR ": is a key, where a path belongs", "put the key into",
     "//"},
    {ROW, ERROR_INPUT, "--secret-file", SLASHED, "--secret-file: is a key, where a path belongs",
     "put the key into", "//"},
};

static void what_is_no_secret_file_is_an_error_that_shows_no_secret(void **state)
{
    (void)state;
    write_files();
    foreach(row, wrong) {
        struct error err = {0};
        _cleanup_secret_ struct secret text = {0};
        const struct secret_file file = {row->path, row->named_by, "FERNET_KEY"};
        if (secret_file_read(&file, NULL, &text, &err) != -1 ||
            !error_says(&err, row->kind, row->hint))
            fail_row(row, "%d: %s; %s", err.kind, err.message, err.hints);
        if (strcmp(err.message, row->message) != 0)
            fail_row(row, "%s", err.message);
        if (row->hides && (strstr(err.message, row->hides) || strstr(err.hints, row->hides)))
            fail_row(row, "shows %s; %s", err.message, err.hints);
    }
}

/* Reads as a user without rights, in a process of its own. Returns whether the error is the one that is expected. */
static bool is_refused_to_nobody(const struct early *early, const char *advice)
{
    const struct secret_file file = {"./closed", VAR, "FERNET_KEY"};
    pid_t child = fork();
    if (child == 0) {
        struct error err = {0};
        struct secret text = {0};
        bool refused = setuid(65534) == 0 && secret_file_read(&file, early, &text, &err) == -1 &&
                       err.errnum == EACCES &&
                       (strstr(err.hints, "root") != NULL) == (advice != NULL) &&
                       (!advice || strstr(err.hints, advice));
        _exit(refused ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status == 0;
}

static void a_file_that_this_user_may_not_read_is_an_error(void **state)
{
    (void)state;
    const struct early nothing = {0};
    if (geteuid() != 0)
        skip();
    write_text("closed", "text");
    assert_true(is_refused_to_nobody(NULL, NULL));
    assert_true(is_refused_to_nobody(&nothing, "let root alone write to its folders"));
}

static void what_root_has_read_is_used_before_the_file(void **state)
{
    (void)state;
    struct error err = {0};
    static const char *const paths[] = {"closed/key", "closed/missing", NULL};
    char *const environment[] = {NULL};
    _cleanup_early_ struct early early = {0};
    _cleanup_secret_ struct secret text = {0};
    _cleanup_secret_ struct secret none = {0};
    const struct secret_file there = {"closed/key", VAR, "FERNET_KEY"};
    const struct secret_file missing = {"closed/missing", VAR, "FERNET_KEY"};
    need_root_folder();
    mkdir("closed", 0700);
    write_text("closed/key", "first\n");
    early_read(&early, environment, paths);
    write_text("closed/key", "second");
    write_text("closed/missing", "third");

    assert_int_equal(secret_file_read(&there, &early, &text, &err), 0);
    assert_string_equal(text.bytes, "first");
    assert_int_equal(secret_file_read(&missing, &early, &none, &err), -1);
    assert_int_equal(err.errnum, ENOENT);
}

static void a_variable_and_its_file_are_not_both_set(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(secret_file_refuse_both("A", "A_FILE", &err), -1);
    assert_string_equal(err.message, "A: is set, and A_FILE is set, too");
    assert_string_equal(err.hints, "unset one of them");
    assert_string_equal(err.id, "set-twice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(a_file_is_read_whole_without_one_line_end),
        in_folder(what_is_no_secret_file_is_an_error_that_shows_no_secret),
        in_folder(a_file_that_this_user_may_not_read_is_an_error),
        in_folder(what_root_has_read_is_used_before_the_file),
        cmocka_unit_test(a_variable_and_its_file_are_not_both_set),
    };
    return cmocka_run_group_tests(tests, set_up_root_folder, NULL);
}
