#include "base/error.h"

#include <errno.h>

#include "table.h"

typedef int fill_function(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void each_kind_has_its_function(void **state)
{
    (void)state;
    static const struct {
        fill_function *fill;
        enum error_kind kind;
    } table[] = {
        {error_usage, ERROR_USAGE}, {error_input, ERROR_INPUT}, {error_refused, ERROR_REFUSED}};
    foreach(row, table) {
        struct error err = {.errnum = 7, .message = "of an earlier failure"};
        if (row->fill(&err, "key %d of %s", 2, "three") != -1 || err.kind != row->kind ||
            err.errnum != 0 || strcmp(err.message, "key 2 of three") != 0)
            fail_msg("%d: got %d, %d, %s", (int)row->kind, (int)err.kind, err.errnum, err.message);
    }
}

static void a_system_error_keeps_errno_and_says_it(void **state)
{
    (void)state;
    static const struct {
        int errnum;
        const char *message;
    } table[] = {
        {ENOENT, "/store/key: cannot be read: No such file or directory"},
        {EACCES, "/store/key: cannot be read: Permission denied"},
        {EROFS, "/store/key: cannot be read: Read-only file system"},
    };
    foreach(row, table) {
        struct error err = {0};
        errno = row->errnum;
        if (error_sys(&err, "%s: cannot be read", "/store/key") != -1 || errno != row->errnum)
            fail_msg("%s: errno is now %d", row->message, errno);
        if (err.kind != ERROR_SYSTEM || err.errnum != row->errnum ||
            strcmp(err.message, row->message) != 0)
            fail_msg("%s: got %d, %d, %s", row->message, (int)err.kind, err.errnum, err.message);
    }
}

static void a_signal_is_no_system_error(void **state)
{
    (void)state;
    struct error err = {.kind = ERROR_SYSTEM, .errnum = EINTR};
    assert_int_equal(error_ending(&err), -1);
    assert_int_equal(err.kind, ERROR_ENDING);
    assert_int_equal(err.errnum, 0);
    assert_true(strlen(err.message) > 0);
}

static void context_goes_before_it(void **state)
{
    (void)state;
    struct error err = {0};
    errno = EACCES;
    error_sys(&err, "%s", "/a");
    assert_int_equal(error_within(&err, "the store %s", "/var"), -1);
    assert_int_equal(error_advise(&err, "chmod u+r %s", "it"), -1);
    assert_string_equal(err.message, "the store /var: /a: Permission denied");
    assert_int_equal(err.kind, ERROR_SYSTEM);
    assert_int_equal(err.errnum, EACCES);

    error_refused(&err, "no");
    error_advise(&err, "do this");
    error_within(&err, "%d%%", 5);
    assert_string_equal(err.message, "5%: no");
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_int_equal(err.errnum, 0);
}

static void hints_stay_apart_and_go_with_their_error(void **state)
{
    (void)state;
    struct error err = {0};
    error_input(&err, "no");
    assert_string_equal(err.hints, "");
    assert_int_equal(error_hint(&err, "do %s", "this"), -1);
    error_id(&err, "an-id");
    error_within(&err, "%s", "/a");
    error_advise(&err, "%s", "or that");
    assert_string_equal(err.message, "/a: no");
    assert_string_equal(err.hints, "do this\nor that");
    assert_string_equal(err.id, "an-id");
    error_ending(&err);
    assert_string_equal(err.hints, "");
    assert_null(err.id);
    error_hint(&err, "do this");
    error_refused(&err, "another one");
    assert_string_equal(err.hints, "");
}

static void a_hint_that_does_not_fit_is_left_out(void **state)
{
    (void)state;
    struct error err = {0};
    error_input(&err, "no");
    error_hint(&err, "%*s", (int)sizeof err.hints, "");
    assert_string_equal(err.hints, "");
    error_hint(&err, "%*s", (int)sizeof err.hints - 5, "a");
    error_hint(&err, "four");
    assert_null(strchr(err.hints, '\n'));
    error_hint(&err, "one");
    assert_string_equal(strchr(err.hints, '\n'), "\none");
}

static void an_errno_alone_tells_what_to_do_unless_somebody_has_advised_better(void **state)
{
    (void)state;
    static const struct {
        int errnum;
        const char *remedy;
        const char *advised;
    } rows[] = {
        {ENOSPC, "free some space there", "free some space there"},
        {EDQUOT, "free some space there", "free some space there"},
        {EMFILE, "raise the limit of open files (ulimit -n)",
         "raise the limit of open files (ulimit -n)"},
        {ENFILE, "see which process of this host has too many files open",
         "see which process of this host has too many files open"},
        {ENOMEM, "give this container more memory", "give this container more memory"},
        {EIO, "check its file system and the disk below",
         "check its file system and the disk below"},
        {EROFS, "mount it writable, or name another place", "do this\nor that"},
        {ENOTDIR, "", "do this\nor that"},
    };
    struct error err = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        errno = rows[i].errnum;
        error_sys(&err, "/a");
        error_within(&err, "the store");
        assert_string_equal(error_remedy(&err), rows[i].remedy);
        assert_string_equal(error_hints(&err), rows[i].remedy);
        error_advise(&err, "do this");
        error_advise(&err, "or that");
        error_within(&err, "5");
        assert_string_equal(error_remedy(&err), "");
        assert_string_equal(error_hints(&err), rows[i].advised);
    }
    error_refused(&err, "no");
    assert_string_equal(error_remedy(&err), "");
}

static void a_percent_sign_in_a_message_stays_one(void **state)
{
    (void)state;
    struct error err = {0};
    error_input(&err, "%s", "100%s %n");
    error_within(&err, "%s", "%d");
    error_hint(&err, "%s", "%x");
    assert_string_equal(err.message, "%d: 100%s %n");
    assert_string_equal(err.hints, "%x");
}

static void a_message_is_one_line_whatever_it_names(void **state)
{
    (void)state;
    struct error err = {0};
    error_input(&err, "it refers to %%(%s)s", "a\nfernit: error\x1b[2J\x7f\t\303\251");
    assert_string_equal(err.message, "it refers to %(a?fernit: error?[2J??\303\251)s");
    error_within(&err, "%s", "/a\r");
    assert_string_equal(err.message, "/a?: it refers to %(a?fernit: error?[2J??\303\251)s");
}

static void what_is_too_long_is_cut_at_its_end(void **state)
{
    (void)state;
    enum { MOST = sizeof((struct error *)0)->message - 1 };
    char text[3 * MOST];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';

    struct error err = {0};
    error_input(&err, "%s", text);
    assert_int_equal(strlen(err.message), MOST);

    error_within(&err, "head");
    assert_int_equal(strlen(err.message), MOST);
    assert_memory_equal(err.message, "head: xxx", 9);

    errno = ENOENT;
    error_sys(&err, "%s", text);
    assert_int_equal(strlen(err.message), MOST);
    assert_int_equal(err.errnum, ENOENT);

    error_input(&err, "short");
    error_within(&err, "%s", text);
    assert_int_equal(strlen(err.message), MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_function),
        cmocka_unit_test(a_system_error_keeps_errno_and_says_it),
        cmocka_unit_test(a_signal_is_no_system_error),
        cmocka_unit_test(context_goes_before_it),
        cmocka_unit_test(hints_stay_apart_and_go_with_their_error),
        cmocka_unit_test(a_hint_that_does_not_fit_is_left_out),
        cmocka_unit_test(an_errno_alone_tells_what_to_do_unless_somebody_has_advised_better),
        cmocka_unit_test(a_percent_sign_in_a_message_stays_one),
        cmocka_unit_test(a_message_is_one_line_whatever_it_names),
        cmocka_unit_test(what_is_too_long_is_cut_at_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
