#include "base/ini_edit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "table.h"

static const struct {
    int line;
    const char *text;
    const char *edited;
} set[] = {
    /* Where there is one, its line is replaced. */
    {ROW, "[core]\nfernet_key =\n", "[core]\nfernet_key = K\n"},
    {ROW, "[core]\nfernet_key = old\n", "[core]\nfernet_key = K\n"},
    {ROW, "[core]\nfernet_key = K\n", "[core]\nfernet_key = K\n"},
    {ROW, "[core]\nfernet_key=old\nb = 1\n", "[core]\nfernet_key = K\nb = 1\n"},
    {ROW, "[core]\nfernet_key : old = b\n", "[core]\nfernet_key = K\n"},
    {ROW, "[core]\nfernet_key\t=\told \t\nb=1\n", "[core]\nfernet_key = K\nb=1\n"},
    {ROW, "[core]\nfernet_key = old", "[core]\nfernet_key = K"},
    {ROW, "[core]\nfernet_key =", "[core]\nfernet_key = K"},
    {ROW, "[core]\nfernet_key = $FERNET_KEY # c\n", "[core]\nfernet_key = K\n"},
    {ROW, "[core]\na = 1\nfernet_key = old\n\n# c\n\n[x]\ny = 2\n",
     "[core]\na = 1\nfernet_key = K\n\n# c\n\n[x]\ny = 2\n"},
    {ROW, "[core]\n  fernet_key = old\n  b = 1\n", "[core]\n  fernet_key = K\n  b = 1\n"},
    {ROW, "[core]\n\tfernet_key = old\n", "[core]\n\tfernet_key = K\n"},
    {ROW, "[core]\n\302\240fernet_key\302\240= old\343\200\200\n",
     "[core]\n\302\240fernet_key = K\n"},

    /* Those that only look like it stay. */
    {ROW, "# fernet_key = 1\n[core]\n; fernet_key = 2\nfernet_key = old\n# fernet_key = 3\n",
     "# fernet_key = 1\n[core]\n; fernet_key = 2\nfernet_key = K\n# fernet_key = 3\n"},
    {ROW, "[core]\n# fernet_key = old\na = 1\n",
     "[core]\nfernet_key = K\n# fernet_key = old\na = 1\n"},
    {ROW, "[core]\nFERNET_KEY = x\n", "[core]\nfernet_key = K\nFERNET_KEY = x\n"},
    {ROW, "[core]\nfernet_key_cmd = x\nfernet_key = old\n",
     "[core]\nfernet_key_cmd = x\nfernet_key = K\n"},
    {ROW, "[core]\na = 1\n  fernet_key = x\n", "[core]\nfernet_key = K\na = 1\n  fernet_key = x\n"},
    {ROW, "[x]\nfernet_key = 1\n[core]\nfernet_key = 2\n[y]\nfernet_key = 3\n",
     "[x]\nfernet_key = 1\n[core]\nfernet_key = K\n[y]\nfernet_key = 3\n"},
    {ROW, "[DEFAULT]\nfernet_key = d\n[core]\na = 1\n",
     "[DEFAULT]\nfernet_key = d\n[core]\nfernet_key = K\na = 1\n"},
    {ROW, "[CORE]\nfernet_key = 1\n", "[CORE]\nfernet_key = 1\n\n[core]\nfernet_key = K\n"},
    {ROW, "[ core ]\nfernet_key = 1\n", "[ core ]\nfernet_key = 1\n\n[core]\nfernet_key = K\n"},

    /* Continuation lines go, comments and blank lines between them stay. */
    {ROW, "[core]\nfernet_key = a,\n  b,\n  c\nd = 1\n", "[core]\nfernet_key = K\nd = 1\n"},
    {ROW, "[core]\nfernet_key =\n  a\n", "[core]\nfernet_key = K\n"},
    {ROW, "[core]\nfernet_key = a\n  b", "[core]\nfernet_key = K\n"},
    {ROW, "[core]\nfernet_key = a\n  # c\n  b\n\n  d\ne = 1\n",
     "[core]\nfernet_key = K\n  # c\n\ne = 1\n"},
    {ROW, "[core]\n  fernet_key = a\n    b = 1\n  c = 2\n", "[core]\n  fernet_key = K\n  c = 2\n"},
    {ROW, "[core]\nfernet_key = a\n\n  \n# c\nb = 1\n",
     "[core]\nfernet_key = K\n\n  \n# c\nb = 1\n"},
    {ROW, "[core]\na = 1\n  2\nfernet_key = b\n  3\nc = 4\n  5\n",
     "[core]\na = 1\n  2\nfernet_key = K\nc = 4\n  5\n"},

    /* Line ends are the file's. */
    {ROW, "[core]\r\nfernet_key = old\r\nb = 1\r\n", "[core]\r\nfernet_key = K\r\nb = 1\r\n"},
    {ROW, "[core]\r\na = 1\r\n", "[core]\r\nfernet_key = K\r\na = 1\r\n"},
    {ROW, "[core]\r\nfernet_key = a\r\n  b\r\nc = 1\r\n", "[core]\r\nfernet_key = K\r\nc = 1\r\n"},
    {ROW, "[x]\r\na = 1\r\n", "[x]\r\na = 1\r\n\r\n[core]\r\nfernet_key = K\r\n"},
    {ROW, "[x]\r\na = 1", "[x]\r\na = 1\r\n\r\n[core]\r\nfernet_key = K\r\n"},
    {ROW, "[core]\rfernet_key = old\rb = 1\r", "[core]\rfernet_key = K\rb = 1\r"},
    {ROW, "[core]\ra = 1\r", "[core]\rfernet_key = K\ra = 1\r"},
    {ROW, "[core]\nfernet_key = old\r\nb = 1\n", "[core]\nfernet_key = K\r\nb = 1\n"},
    {ROW, "[core]\r\nfernet_key = old\nb = 1\r\n", "[core]\r\nfernet_key = K\nb = 1\r\n"},

    /* Where there is none, it comes behind the header, indented as what follows. */
    {ROW, "[core]\n", "[core]\nfernet_key = K\n"},
    {ROW, "[core]", "[core]\nfernet_key = K\n"},
    {ROW, "[core]\na = 1", "[core]\nfernet_key = K\na = 1"},
    {ROW, "[core] ; c\na = 1\n", "[core] ; c\nfernet_key = K\na = 1\n"},
    {ROW, "[core]\n\n# c\na = 1\n", "[core]\nfernet_key = K\n\n# c\na = 1\n"},
    {ROW, "[core]\n    a = 1\n", "[core]\n    fernet_key = K\n    a = 1\n"},
    {ROW, "[core]\n# c\n\n\ta = 1\n", "[core]\n\tfernet_key = K\n# c\n\n\ta = 1\n"},
    {ROW, "[core]\n\n[x]\na = 1\n", "[core]\nfernet_key = K\n\n[x]\na = 1\n"},
    {ROW, "[core]\n[x]\n  a = 1\n", "[core]\nfernet_key = K\n[x]\n  a = 1\n"},
    {ROW, "[core]\n  [x]\na = 1\n", "[core]\n  fernet_key = K\n  [x]\na = 1\n"},
    {ROW, "[core]\n\t[x]", "[core]\n\tfernet_key = K\n\t[x]"},
    {ROW, "[x]\na = 1\n[core]", "[x]\na = 1\n[core]\nfernet_key = K\n"},

    /* Where there is no section, it comes last. */
    {ROW, "", "[core]\nfernet_key = K\n"},
    {ROW, "\n", "\n\n[core]\nfernet_key = K\n"},
    {ROW, "# c", "# c\n\n[core]\nfernet_key = K\n"},
    {ROW, "[x]\na = 1\n", "[x]\na = 1\n\n[core]\nfernet_key = K\n"},
    {ROW, "[x]\na = 1\n  2", "[x]\na = 1\n  2\n\n[core]\nfernet_key = K\n"},
    {ROW, "[DEFAULT]\na = 1\n", "[DEFAULT]\na = 1\n\n[core]\nfernet_key = K\n"},

    /* What others hold is none of our business, nor what they refer to. */
    {ROW, "[core]\na = %(fernet_key)s %% $B\nfernet_key = old\nb = [x]\n",
     "[core]\na = %(fernet_key)s %% $B\nfernet_key = K\nb = [x]\n"},
    {ROW, "[core]\n\303\251 = \303\274\nfernet_key = old\n",
     "[core]\n\303\251 = \303\274\nfernet_key = K\n"},
};

static const struct {
    int line;
    const char *text;
    const char *edited;
} commented_out[] = {
    {ROW, "[core]\nfernet_key =\n", "[core]\n# fernet_key =\n"},
    {ROW, "[core]\nfernet_key =", "[core]\n# fernet_key ="},
    {ROW, "[core]\nfernet_key = old\n", "[core]\n# fernet_key = old\n"},
    {ROW, "[core]\na = 1\nfernet_key =\nb = 2\n", "[core]\na = 1\n# fernet_key =\nb = 2\n"},
    {ROW, "[core]\r\nfernet_key =\r\nb = 2\r\n", "[core]\r\n# fernet_key =\r\nb = 2\r\n"},
    {ROW, "[core]\rfernet_key =\rb = 2\r", "[core]\r# fernet_key =\rb = 2\r"},
    {ROW, "[core]\n  fernet_key =\n  b = 2\n", "[core]\n#   fernet_key =\n  b = 2\n"},
    {ROW, "[core]\na = 1\n\nfernet_key:\n\n# c\nb = 2\n",
     "[core]\na = 1\n\n# fernet_key:\n\n# c\nb = 2\n"},
    {ROW, "[DEFAULT]\nfernet_key = d\n[core]\nfernet_key =\n",
     "[DEFAULT]\nfernet_key = d\n[core]\n# fernet_key =\n"},
    {ROW, "[core]\nfernet_key =\n  old\n", "[core]\n# fernet_key =\n#   old\n"},
    {ROW, "[core]\na = 1\nfernet_key = old,\n# c\n\n  older\nb = 2\n",
     "[core]\na = 1\n# fernet_key = old,\n# # c\n\n#   older\nb = 2\n"},
    {ROW, "[core]\nfernet_key =\n  b = 2\n", "[core]\n# fernet_key =\n#   b = 2\n"},

    /* The same comment once; another value, or the beginning of one, has a comment of its own. */
    {ROW, "[core]\nfernet_key = old\n# fernet_key = old\nb = 2\n",
     "[core]\n# fernet_key = old\nb = 2\n"},
    {ROW, "[core]\r\n# fernet_key = old\r\nfernet_key = old\r\n",
     "[core]\r\n# fernet_key = old\r\n"},
    {ROW, "[core]\n# fernet_key =\n#   old\nfernet_key =\n  old\n",
     "[core]\n# fernet_key =\n#   old\n"},
    {ROW, "[core]\n# fernet_key = older\nfernet_key = old",
     "[core]\n# fernet_key = older\n# fernet_key = old"},
    {ROW, "[core]\n# # fernet_key = old\nfernet_key = old\n",
     "[core]\n# # fernet_key = old\n# fernet_key = old\n"},
};

static const struct {
    int line;
    const char *text;
} not_commented_out[] = {
    {ROW, ""},
    {ROW, "[core]\n"},
    {ROW, "[core]\n# fernet_key =\n"},
    {ROW, "[core]\nFERNET_KEY =\n"},
    {ROW, "[x]\nfernet_key =\n"},
    {ROW, "[DEFAULT]\nfernet_key =\n[core]\na = 1\n"},
};

static int edit_marked(const char *text, size_t length, const char *value, const char *mark,
                       struct secret *edited, struct error *err)
{
    _cleanup_ini_ struct ini ini = {0};
    struct error reading = {0};
    if (ini_read(text, length, &ini, &reading) != 0)
        fail_msg("cannot be read: %s", reading.message);
    return value ? ini_set(&ini, "core", "fernet_key", value, mark, edited, err)
                 : ini_comment_out(&ini, "core", "fernet_key", mark, edited, err);
}

static int edit(const char *text, size_t length, const char *value, struct secret *edited,
                struct error *err)
{
    return edit_marked(text, length, value, NULL, edited, err);
}

static void sets_one_option_and_leaves_the_rest(void **state)
{
    (void)state;
    foreach(row, set) {
        struct error err = {0};
        _cleanup_secret_ struct secret edited = {0};
        if (edit(row->text, strlen(row->text), "K", &edited, &err) != 0)
            fail_row(row, "refused: %s", err.message);
        if (edited.length != strlen(row->edited) || strcmp(edited.bytes, row->edited) != 0)
            fail_row(row, "made:\n%s", edited.bytes);
    }
}

static void setting_it_twice_is_setting_it_once(void **state)
{
    (void)state;
    foreach(row, set) {
        struct error err = {0};
        _cleanup_secret_ struct secret edited = {0};
        if (edit(row->edited, strlen(row->edited), "K", &edited, &err) != 0 ||
            strcmp(edited.bytes, row->edited) != 0)
            fail_row(row, "made:\n%s", edited.bytes ? edited.bytes : err.message);
    }
}

#define MARK "# fernit keeps this beside fernet_key_cmd"

/* With MARK as the mark: whether the text has it, what setting the option makes of it, and what commenting it out does. */
static const struct {
    int line;
    bool is_marked;
    const char *text;
    const char *edited;
    const char *out; /* NULL: the option is not there */
} marks[] = {
    {ROW, false, "", "[core]\n" MARK "\nfernet_key = K\n", NULL},
    {ROW, false, "[core]\na = 1\n", "[core]\n" MARK "\nfernet_key = K\na = 1\n", NULL},
    {ROW, false, "[core]\n  a = 1\n", "[core]\n" MARK "\n  fernet_key = K\n  a = 1\n", NULL},
    {ROW, false, "[core]\r\na = 1", "[core]\r\n" MARK "\r\nfernet_key = K\r\na = 1", NULL},
    {ROW, false, "[core]", "[core]\n" MARK "\nfernet_key = K\n", NULL},
    {ROW, false, "[core]\na = 1\n b\nfernet_key = old\n",
     "[core]\na = 1\n b\n" MARK "\nfernet_key = K\n", "[core]\na = 1\n b\n# fernet_key = old\n"},
    {ROW, false, "[core]\n  fernet_key =\n  # c\n", "[core]\n" MARK "\n  fernet_key = K\n  # c\n",
     "[core]\n#   fernet_key =\n  # c\n"},
    {ROW, true, "[core]\n" MARK "\nfernet_key = old\n", "[core]\n" MARK "\nfernet_key = K\n",
     "[core]\n# fernet_key = old\n"},
    {ROW, true, "[core]\n" MARK "\n  fernet_key = old\n", "[core]\n" MARK "\n  fernet_key = K\n",
     "[core]\n#   fernet_key = old\n"},
    {ROW, true, "[core]\r\n" MARK "\r\nfernet_key = o\r\n  l\r\n",
     "[core]\r\n" MARK "\r\nfernet_key = K\r\n", "[core]\r\n# fernet_key = o\r\n#   l\r\n"},
    {ROW, true, "[core]\r" MARK "\rfernet_key = old", "[core]\r" MARK "\rfernet_key = K",
     "[core]\r# fernet_key = old"},

    /* Exactly that line, directly above. */
    {ROW, false, "[core]\n" MARK "\n\nfernet_key = old\n",
     "[core]\n" MARK "\n\n" MARK "\nfernet_key = K\n", "[core]\n" MARK "\n\n# fernet_key = old\n"},
    {ROW, false, "[core]\n " MARK "\nfernet_key = old\n",
     "[core]\n " MARK "\n" MARK "\nfernet_key = K\n", "[core]\n " MARK "\n# fernet_key = old\n"},
    {ROW, false, "[core]\n" MARK " \nfernet_key = old\n",
     "[core]\n" MARK " \n" MARK "\nfernet_key = K\n", "[core]\n" MARK " \n# fernet_key = old\n"},
    {ROW, false, "[core]\n" MARK "\n# x\nfernet_key = old\n",
     "[core]\n" MARK "\n# x\n" MARK "\nfernet_key = K\n",
     "[core]\n" MARK "\n# x\n# fernet_key = old\n"},
    {ROW, false, "[core]\nfernet_key = old\n" MARK "\n",
     "[core]\n" MARK "\nfernet_key = K\n" MARK "\n", "[core]\n# fernet_key = old\n" MARK "\n"},
    {ROW, false, "[core]\n" MARK "\na = 1\nfernet_key = old\n",
     "[core]\n" MARK "\na = 1\n" MARK "\nfernet_key = K\n",
     "[core]\n" MARK "\na = 1\n# fernet_key = old\n"},
};

static bool is_marked(const char *text)
{
    struct error err = {0};
    _cleanup_ini_ struct ini ini = {0};
    if (ini_read(text, strlen(text), &ini, &err) != 0)
        fail_msg("cannot be read: %s", err.message);
    const struct ini_option *option = ini_find(&ini, "core", "fernet_key");
    return option && ini_is_marked(&ini, option, MARK);
}

static void check_marked(int line, const char *text, const char *value, const char *expected)
{
    struct error err = {0};
    _cleanup_secret_ struct secret edited = {0};
    int done = edit_marked(text, strlen(text), value, MARK, &edited, &err);
    if (done != (expected ? 0 : -1) || (expected && strcmp(edited.bytes, expected) != 0))
        fail_msg("row of line %d: made:\n%s", line, done == 0 ? edited.bytes : err.message);
}

static void an_option_has_one_mark_which_comes_and_goes_with_it(void **state)
{
    (void)state;
    foreach(row, marks) {
        if (is_marked(row->text) != row->is_marked)
            fail_row(row, "takes it for marked, or not");
        if (!is_marked(row->edited))
            fail_row(row, "takes its own mark for none");
        check_marked(row->line, row->text, "K", row->edited);
        check_marked(row->line, row->edited, "K", row->edited);
        check_marked(row->line, row->text, NULL, row->out);
    }
}

/* A value that would be read as something else is caught by the proof, not written. */
static void refuses_a_value_that_is_not_one_line(void **state)
{
    (void)state;
    static const char *const values[] = {"K\n", "K\nb = 1", "K\n  L", " K",       "K ",
                                         "K\r", "\nK",      "K\n[x]", "\xc2\xa0K"};
    static const char text[] = "[core]\nfernet_key = old\n";
    foreach(value, values) {
        struct error err = {0};
        struct secret edited = {0};
        if (edit(text, strlen(text), *value, &edited, &err) != -1 || err.kind != ERROR_REFUSED ||
            edited.bytes)
            fail_msg("\"%s\" was taken", *value);
        assert_null(strstr(err.message, "K"));
    }
}

static void comments_one_option_out(void **state)
{
    (void)state;
    foreach(row, commented_out) {
        struct error err = {0};
        _cleanup_secret_ struct secret edited = {0};
        if (edit(row->text, strlen(row->text), NULL, &edited, &err) != 0)
            fail_row(row, "refused: %s", err.message);
        if (edited.length != strlen(row->edited) || strcmp(edited.bytes, row->edited) != 0)
            fail_row(row, "made:\n%s", edited.bytes);
    }
}

static void comments_out_nothing_that_is_not_there(void **state)
{
    (void)state;
    foreach(row, not_commented_out) {
        struct error err = {0};
        struct secret edited = {0};
        if (edit(row->text, strlen(row->text), NULL, &edited, &err) != -1)
            fail_row(row, "made:\n%s", edited.bytes);
        if (!error_says(&err, ERROR_REFUSED, "fernet_key") || edited.bytes)
            fail_row(row, "says %s", err.message);
    }
}

/* Compares line by line: all the same but one, which is now ours. */
static void check_one_line_differs(const char *path, const char *text, const char *edited)
{
    int differing = 0;
    while (*text || *edited) {
        size_t was = strcspn(text, "\n");
        size_t is = strcspn(edited, "\n");
        if (was != is || memcmp(text, edited, was) != 0) {
            differing++;
            if (strncmp(text, "fernet_key =", 12) != 0 || is != 14 ||
                memcmp(edited, "fernet_key = K", 14) != 0)
                fail_msg("%s: \"%.*s\" became \"%.*s\"", path, (int)was, text, (int)is, edited);
        }
        text += was + (text[was] == '\n');
        edited += is + (edited[is] == '\n');
    }
    if (differing != 1)
        fail_msg("%s: %d lines differ", path, differing);
}

static void check_file(const char *path)
{
    struct error err = {0};
    _cleanup_secret_ struct secret edited = {0};
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = NULL;
    size_t room = 0;
    ssize_t length = getdelim(&text, &room, '\0', file);
    fclose(file);
    assert_true(length > 10000);
    if (edit(text, (size_t)length, "K", &edited, &err) != 0)
        fail_msg("%s: %s", path, err.message);
    check_one_line_differs(path, text, edited.bytes);
    free(text);
}

/* Files as Airflow itself wrote them, where they are at hand. */
static void one_line_changes_in_what_airflow_wrote(void **state)
{
    (void)state;
    const char *data = getenv("FERNIT_TEST_DATA");
    char path[4096];
    snprintf(path, sizeof path, "%s/airflow-cfg", data ? data : "");
    DIR *folder = data ? opendir(path) : NULL;
    if (!folder)
        skip();
    int files = 0;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 4, ".cfg") != 0)
            continue;
        snprintf(path, sizeof path, "%s/airflow-cfg/%s", data, entry->d_name);
        check_file(path);
        files++;
    }
    closedir(folder);
    assert_true(files > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_one_option_and_leaves_the_rest),
        cmocka_unit_test(setting_it_twice_is_setting_it_once),
        cmocka_unit_test(an_option_has_one_mark_which_comes_and_goes_with_it),
        cmocka_unit_test(refuses_a_value_that_is_not_one_line),
        cmocka_unit_test(comments_one_option_out),
        cmocka_unit_test(comments_out_nothing_that_is_not_there),
        cmocka_unit_test(one_line_changes_in_what_airflow_wrote),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
