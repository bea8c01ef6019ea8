/* Expectations are Python's: os.path.expanduser(os.path.expandvars(text)) until nothing changes, which is
 * Airflow's expand_env_var. */
#include "airflow/expand.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "table.h"

static char *const environment[] = {
    "HOME=/home/u/", "A=1",      "AB=2",    "EMPTY=",        "B=$A",      "C=${B}-$A",
    "TILDE=~",       "DOLLAR=$", "NAME=A",  "PATHS=~/x:~/y", "_x9=under", "SELF=$SELF",
    "MIXED=a$NO$A",  "KEY=k=",   "OPEN=${", "e=E",           "X=Y=3",     NULL,
};

static const struct {
    const char *text;
    const char *expanded;
} right[] = {
    {"", ""},
    {"plain", "plain"},
    {"a=b/c", "a=b/c"},
    {"$A", "1"},
    {"${A}", "1"},
    {"x$A/y", "x1/y"},
    {"x${A}y", "x1y"},
    {"$AB", "2"},
    {"${A}B", "1B"},
    {"$A$A", "11"},
    {"$A-$AB", "1-2"},
    {"$EMPTY", ""},
    {"x$EMPTY", "x"},
    {"x${EMPTY}y", "xy"},
    {"$B", "1"},
    {"$C", "1-1"},
    {"${C}/$B", "1-1/1"},
    {"$NO", "$NO"},
    {"${NO}", "${NO}"},
    {"$NO$A", "$NO1"},
    {"${NO}${A}", "${NO}1"},
    {"$NOA", "$NOA"},
    {"$FERNET_KEY", "$FERNET_KEY"},
    {"$KEY", "k="},
    {"$", "$"},
    {"$$", "$$"},
    {"$$A", "$1"},
    {"x$", "x$"},
    {"$/x", "$/x"},
    {"$ A", "$ A"},
    {"${A", "${A"},
    {"${A x", "${A x"},
    {"${}", "${}"},
    {"${}$A", "${}1"},
    {"$()", "$()"},
    {"$(A)", "$(A)"},
    {"${A}}", "1}"},
    {"{$A}", "{1}"},
    {"${A B}", "${A B}"},
    {"${ A}", "${ A}"},
    {"$_x9", "under"},
    {"$1", "$1"},
    {"$\303\251$A", "$\303\2511"},
    {"$A\303\251", "1\303\251"},
    {"$e", "E"},
    {"$DOLLAR", "$"},
    {"${DOLLAR}A", "1"},
    {"$DOLLAR$NAME", "1"},
    {"$SELF", "$SELF"},
    {"$MIXED", "a$NO1"},
    {"$OPEN", "${"},
    {"${OPEN}A}", "1"},
    {"~", "/home/u"},
    {"~/", "/home/u/"},
    {"~/x", "/home/u/x"},
    {"~//x", "/home/u//x"},
    {"/x/~", "/x/~"},
    {"x~", "x~"},
    {"a:~/x", "a:~/x"},
    {"~+", "~+"},
    {"~:", "~:"},
    {"$TILDE", "/home/u"},
    {"$TILDE/x", "/home/u/x"},
    {"x$TILDE", "x~"},
    {"$PATHS", "/home/u/x:~/y"},
    {"~/$A", "/home/u/1"},
    {"~$A", "~1"},
    {"${x$A}", "${x$A}"},
    {"${NO$A}$A", "${NO$A}1"},
    {"${${A}", "${${A}"},
    {"${X=Y}", "${X=Y}"},
    {"\\$A", "\\1"},
    {"'$A'", "'1'"},
    {"%HOME%", "%HOME%"},
    {"~no-such-user", "~no-such-user"},
    {"~no-such-user/x", "~no-such-user/x"},
};

/* The text in a secret of its own, expanded. */
static int expand(const char *text, char *const *variables, struct secret *value, struct error *err)
{
    assert_int_equal(secret_append(value, text, strlen(text), err), 0);
    return airflow_expand(value, variables, err);
}

static void expands_as_airflow_does(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        _cleanup_secret_ struct secret out = {0};
        if (expand(row->text, environment, &out, &err) != 0)
            fail_msg("%s: %s", row->text, err.message);
        if (out.length != strlen(row->expanded) ||
            strcmp(out.bytes ? out.bytes : "", row->expanded) != 0)
            fail_msg("%s: %s", row->text, out.bytes ? out.bytes : "nothing");
    }
}

/* What holds neither "$" nor "~" cannot change; what changes holds one of them. */
static void what_has_nothing_to_expand_stays(void **state)
{
    (void)state;
    foreach(row, right) {
        bool has_mark = strpbrk(row->text, "$~") != NULL;
        if (airflow_expands(row->text) && !has_mark)
            fail_msg("%s: has nothing to expand", row->text);
        if (!airflow_expands(row->text) && strcmp(row->text, row->expanded) != 0)
            fail_msg("%s: has something to expand", row->text);
    }
}

static void a_home_is_what_home_says(void **state)
{
    (void)state;
    static const struct {
        const char *home;
        const char *text;
        const char *expanded;
    } table[] = {
        {"HOME=/h", "~", "/h"},      {"HOME=/h/", "~", "/h"},  {"HOME=/h//", "~/x", "/h/x"},
        {"HOME=/", "~", "/"},        {"HOME=/", "~/x", "/x"},  {"HOME=", "~", "/"},
        {"HOME=", "~/x", "/x"},      {"HOME=h", "~/x", "h/x"}, {"HOME=$USER", "~/x", "$USER/x"},
        {"HOME=/$A", "~/x", "/1/x"},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_secret_ struct secret out = {0};
        char home[32];
        snprintf(home, sizeof home, "%s", row->home);
        char *const own[] = {home, "A=1", NULL};
        if (expand(row->text, own, &out, &err) != 0 || strcmp(out.bytes, row->expanded) != 0)
            fail_msg("%s: %s: %s", row->home, row->text, out.bytes ? out.bytes : err.message);
    }
}

static void without_home_it_is_in_the_list_of_users(void **state)
{
    (void)state;
    char *const nothing[] = {NULL};
    const struct passwd *user = getpwuid(getuid());
    if (!user || user->pw_dir[0] != '/' || user->pw_dir[1] == '\0')
        skip();
    char named[256];
    char expected[512];
    snprintf(named, sizeof named, "~%s/x", user->pw_name);
    snprintf(expected, sizeof expected, "%s/x", user->pw_dir);
    const char *const texts[] = {"~/x", named};
    foreach(text, texts) {
        struct error err = {0};
        _cleanup_secret_ struct secret out = {0};
        assert_int_equal(expand(*text, nothing, &out, &err), 0);
        assert_string_equal(out.bytes, expected);
    }
}

static void refuses_what_would_never_end(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char *environment[4];
    } table[] = {
        {"$A", {"A=$B", "B=$A"}}, {"$A", {"A=$B", "B=$C", "C=$A"}}, {"$A", {"A=x$A"}},
        {"$A", {"A=$A$A"}},       {"${A}", {"A=${A}${A}${A}${A}"}}, {"~", {"HOME=~x$A", "A=$HOME"}},
        {"$A", {"A=secret$A"}},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_secret_ struct secret out = {0};
        if (expand(row->text, row->environment, &out, &err) != -1)
            fail_msg("%s with %s: %s", row->text, row->environment[0], out.bytes);
        if (!error_says(&err, ERROR_INPUT, "without end") || strstr(err.message, "secret"))
            fail_msg("%s with %s: %s", row->text, row->environment[0], err.message);
    }
}

static void a_chain_of_some_length_ends(void **state)
{
    (void)state;
    char *const own[] = {"A=$B", "B=$C", "C=$D", "D=$E", "E=$F",  "F=$G",
                         "G=$H", "H=$I", "I=$J", "J=$K", "K=end", NULL};
    struct error err = {0};
    _cleanup_secret_ struct secret out = {0};
    assert_int_equal(expand("$A", own, &out, &err), 0);
    assert_string_equal(out.bytes, "end");
}

/* Without a "$" or "~" there is nothing to do, and the value is not copied about. */
static void a_long_value_is_taken_as_it_is(void **state)
{
    (void)state;
    enum { LONG = 60 * 1000 };
    struct error err = {0};
    _cleanup_secret_ struct secret out = {0};
    char *text = test_malloc(LONG + 1);
    memset(text, 'x', LONG);
    text[LONG] = '\0';
    assert_int_equal(expand(text, environment, &out, &err), 0);
    assert_int_equal(out.length, LONG);
    test_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expands_as_airflow_does),
        cmocka_unit_test(what_has_nothing_to_expand_stays),
        cmocka_unit_test(a_home_is_what_home_says),
        cmocka_unit_test(without_home_it_is_in_the_list_of_users),
        cmocka_unit_test(refuses_what_would_never_end),
        cmocka_unit_test(a_chain_of_some_length_ends),
        cmocka_unit_test(a_long_value_is_taken_as_it_is),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
