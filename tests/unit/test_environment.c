#include "base/environment.h"

#include <stdio.h>

#include "table.h"

static char *const given[] = {
    "PATH=/bin", "A=1",          "AB=2",  "EMPTY=",     "A=3",        "NOEQUALS",
    "=odd",      "FERNIT_STORE", "a=b=c", "FERNIT_X=1", "XFERNIT_=2", NULL,
};

static char *const nothing[] = {NULL};

/* All strings joined by blanks, so that a whole environment is one expectation. */
static const char *joined(char *const *list)
{
    static char text[1024];
    size_t length = 0;
    *text = '\0';
    for (; *list; list++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%s%s", length ? " " : "", *list);
    return text;
}

static void gets_the_first_of_exactly_this_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *value;
    } table[] = {
        {"PATH", "/bin"},
        {"A", "1"},
        {"AB", "2"},
        {"EMPTY", ""},
        {"a", "b=c"},
        {"B", NULL},
        {"PAT", NULL},
        {"PATHS", NULL},
        {"path", NULL},
        {"NOEQUALS", NULL},
        {"FERNIT_STORE", NULL},
        {"FERNIT_", NULL},
        {"1", NULL},
        {"PATH=/bin", NULL},
    };
    foreach(row, table) {
        const char *got = environment_get(given, row->name);
        if (!same_text(got, row->value))
            fail_msg("%s: got %s", row->name, got ? got : "nothing");
    }
    assert_null(environment_get(nothing, "A"));
}

static void an_empty_one_hides_a_later_one_that_holds_a_value(void **state)
{
    (void)state;
    static const struct {
        int line;
        int hidden; /* its index; -1: none */
        char *list[5];
    } table[] = {
        {ROW, 1, {"A=", "A=x", NULL}},
        {ROW, 2, {"A= \t", "AB=y", "A=x", NULL}},
        {ROW, 2, {"A=", "A=", "A=x", "A=y", NULL}},
        {ROW, -1, {"A=x", "A=", "A=y", NULL}},
        {ROW, -1, {"A=", "A=", NULL}},
        {ROW, -1, {"A=", "AB=x", "B=x", "A", NULL}},
        {ROW, -1, {"A", "A=x", NULL}},
        {ROW, -1, {"B=", "B=x", NULL}},
        {ROW, -1, {NULL}},
    };
    foreach(row, table)
        if (environment_hidden(row->list, "A") != (row->hidden < 0 ? NULL : row->list[row->hidden]))
            fail_row(row, "another one");
}

static void a_copy_is_the_same_and_is_its_own(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_environment_ struct environment copy = {0};
    assert_int_equal(environment_copy(&copy, given, &err), 0);
    assert_int_equal(copy.count, COUNT(given) - 1);
    for (size_t i = 0; i < COUNT(given); i++)
        assert_ptr_equal(copy.list[i], given[i]);

    environment_unset(&copy, "PATH");
    assert_string_equal(given[0], "PATH=/bin");
}

static void an_empty_one_can_be_copied_and_filled(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_environment_ struct environment copy = {0};
    assert_int_equal(environment_copy(&copy, nothing, &err), 0);
    assert_null(copy.list[0]);
    assert_int_equal(environment_set(&copy, "A", "1", &err), 0);
    assert_string_equal(joined(copy.list), "A=1");
}

static void every_one_of_a_name_goes_and_no_other(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *left;
    } table[] = {
        {"A", "PATH=/bin AB=2 EMPTY= NOEQUALS =odd FERNIT_STORE a=b=c FERNIT_X=1 XFERNIT_=2"},
        {"EMPTY", "PATH=/bin A=1 AB=2 A=3 NOEQUALS =odd FERNIT_STORE a=b=c FERNIT_X=1 XFERNIT_=2"},
        {"XFERNIT_", "PATH=/bin A=1 AB=2 EMPTY= A=3 NOEQUALS =odd FERNIT_STORE a=b=c FERNIT_X=1"},
        {"B", "PATH=/bin A=1 AB=2 EMPTY= A=3 NOEQUALS =odd FERNIT_STORE a=b=c FERNIT_X=1 "
              "XFERNIT_=2"},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_environment_ struct environment copy = {0};
        assert_int_equal(environment_copy(&copy, given, &err), 0);
        environment_unset(&copy, row->name);
        if (strcmp(joined(copy.list), row->left) != 0)
            fail_msg("%s: left %s", row->name, joined(copy.list));
    }
}

static void a_prefix_takes_all_that_begin_with_it(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        const char *left;
    } table[] = {
        {"FERNIT_", "PATH=/bin A=1 AB=2 EMPTY= A=3 NOEQUALS =odd a=b=c XFERNIT_=2"},
        {"A", "PATH=/bin EMPTY= NOEQUALS =odd FERNIT_STORE a=b=c FERNIT_X=1 XFERNIT_=2"},
        {"", ""},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_environment_ struct environment copy = {0};
        assert_int_equal(environment_copy(&copy, given, &err), 0);
        environment_unset_prefix(&copy, row->prefix);
        if (strcmp(joined(copy.list), row->left) != 0)
            fail_msg("\"%s\": left %s", row->prefix, joined(copy.list));
    }
}

static void what_is_set_is_there_once(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_environment_ struct environment copy = {0};
    assert_int_equal(environment_copy(&copy, given, &err), 0);

    assert_int_equal(environment_set(&copy, "A", "new", &err), 0);
    assert_string_equal(environment_get(copy.list, "A"), "new");
    assert_int_equal(environment_set(&copy, "A", "newer", &err), 0);
    assert_int_equal(environment_set(&copy, "EMPTY", "a=b c", &err), 0);
    assert_int_equal(environment_set(&copy, "PATH", "", &err), 0);
    assert_string_equal(joined(copy.list), "AB=2 NOEQUALS =odd FERNIT_STORE a=b=c FERNIT_X=1 "
                                           "XFERNIT_=2 A=newer EMPTY=a=b c PATH=");
    assert_int_equal(copy.count, 10);
}

static void what_is_set_can_be_unset_and_outlives_its_value(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_environment_ struct environment copy = {0};
    char value[] = "secret";
    assert_int_equal(environment_copy(&copy, nothing, &err), 0);
    assert_int_equal(environment_set(&copy, "A", value, &err), 0);
    memset(value, 'x', sizeof value - 1);
    assert_string_equal(environment_get(copy.list, "A"), "secret");
    environment_unset(&copy, "A");
    assert_null(copy.list[0]);
}

static void a_whole_assignment_is_taken_over(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_environment_ struct environment copy = {0};
    struct secret assignment = {0};
    assert_int_equal(environment_copy(&copy, given, &err), 0);
    for (int i = 0; i < 3; i++) {
        char text[] = "A=b=0";
        text[4] = (char)('0' + i);
        assert_int_equal(secret_append(&assignment, text, strlen(text), &err), 0);
        assert_int_equal(environment_take(&copy, &assignment, &err), 0);
        assert_null(assignment.bytes);
        assert_int_equal(assignment.length, 0);
        assert_string_equal(environment_get(copy.list, "A"), text + 2);
    }
    assert_string_equal(joined(copy.list), "PATH=/bin AB=2 EMPTY= NOEQUALS =odd FERNIT_STORE a=b=c "
                                           "FERNIT_X=1 XFERNIT_=2 A=b=2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gets_the_first_of_exactly_this_name),
        cmocka_unit_test(an_empty_one_hides_a_later_one_that_holds_a_value),
        cmocka_unit_test(a_copy_is_the_same_and_is_its_own),
        cmocka_unit_test(an_empty_one_can_be_copied_and_filled),
        cmocka_unit_test(every_one_of_a_name_goes_and_no_other),
        cmocka_unit_test(a_prefix_takes_all_that_begin_with_it),
        cmocka_unit_test(what_is_set_is_there_once),
        cmocka_unit_test(what_is_set_can_be_unset_and_outlives_its_value),
        cmocka_unit_test(a_whole_assignment_is_taken_over),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
