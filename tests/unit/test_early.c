#include "resolve/early.h"

#include "root_folder.h"

#define VAR "AIRFLOW__CORE__FERNET_KEY"

/* What a source looks like from far away; the mounted ones are not looked for here. */
static const struct {
    int line;
    bool outside;
    char *environment[4];
    const char *secret_files[2];
} signs[] = {
    {ROW, false, {NULL}, {NULL}},
    {ROW, false, {"PATH=/bin", "FERNIT_STORE=/s", "AIRFLOW__CORE__FERNET_KEY_=x"}, {NULL}},
    {ROW, false, {VAR "=", "FERNET_KEY= \n", VAR "_CMD=\t"}, {NULL}},
    {ROW, false, {VAR "_FILE=", "FERNET_KEY_FILE=", VAR "_SECRET= "}, {NULL}},
    {ROW, false, {VAR "_CMD=fernit key print"}, {NULL}},
    {ROW, false, {VAR "_CMD=cat /store/fernet_key"}, {NULL}},
    {ROW, false, {VAR "_CMD=/bin/cat '/store//fernet_key'"}, {NULL}},
    {ROW,
     false,
     {"AIRFLOW__WEBSERVER__SECRET_KEY=x", "AIRFLOW__API_AUTH__JWT_SECRET_FILE=x"},
     {NULL}},

    {ROW, true, {VAR "=x"}, {NULL}},
    {ROW, true, {"FERNET_KEY=x"}, {NULL}},
    {ROW, true, {VAR "_FILE=x"}, {NULL}},
    {ROW, true, {"FERNET_KEY_FILE=x"}, {NULL}},
    {ROW, true, {VAR "_SECRET=x"}, {NULL}},
    {ROW, true, {VAR "_CMD=x"}, {NULL}},
    {ROW, true, {VAR "_CMD='not closed"}, {NULL}},
    {ROW, true, {VAR "_CMD=cat /other/fernet_key"}, {NULL}},
    {ROW, true, {VAR "_CMD=cat /store/secret_key"}, {NULL}},
    {ROW, true, {VAR "_CMD=touch never"}, {NULL}},
    {ROW, true, {VAR "=", VAR "_CMD=fernit key print", "FERNET_KEY=x"}, {NULL}},
    {ROW, true, {NULL}, {"/no/such/file"}},
};

static void sees_whether_a_source_shows_itself_and_runs_nothing_for_that(void **state)
{
    (void)state;
    if (access("/run/secrets", F_OK) == 0)
        skip();
    foreach(row, signs)
        if (early_has_outside(row->environment, row->secret_files, "/store") != row->outside)
            fail_row(row, "%s", row->outside ? "it was not seen" : "there is none");
    assert_int_equal(mode_of("never"), -1);
}

/* The text that was found, "-" where it was seen to be missing, NULL where it was left alone. */
static const char *found(const struct early *early, const char *path)
{
    const struct early_text *text = early_found(early, path);
    return !text ? NULL : text->missing ? "-" : text->text.bytes;
}

static void holds_what_root_can_answer_for_and_leaves_the_rest(void **state)
{
    (void)state;
    static char large[64 * 1024 + 1];
    static char variable[] = VAR "_FILE=closed/one";
    static char bare[] = "FERNET_KEY_FILE=link";
    static char api[] = "AIRFLOW__API__SECRET_KEY_FILE=closed/api";
    static char jwt[] = "AIRFLOW__API_AUTH__JWT_SECRET_FILE=theirs/jwt";
    static char internal[] = "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY_FILE=closed/no-internal";
    static char blank[] = "AIRFLOW__WEBSERVER__SECRET_KEY_FILE= ";
    char *const environment[] = {variable, bare, api, jwt, internal, blank, NULL};
    static const char *const files[] = {"closed/two", "closed/none", "theirs/key", "theirs/none",
                                        "fifo",       "large",       "",           NULL};
    need_root_folder();
    memset(large, 'x', sizeof large);
    mkdir("closed", 0700);
    mkdir("theirs", 0755);
    write_text("closed/one", "first");
    write_text("closed/two", "second");
    write_text("theirs/key", "third");
    write_text("closed/api", "fourth");
    write_text("theirs/jwt", "fifth");
    write_bytes("large", large, sizeof large, 0600);
    mkfifo("fifo", 0600);
    assert_int_equal(symlink("closed/two", "link"), 0);
    assert_int_equal(chown("theirs", 12345, 12345), 0);

    _cleanup_early_ struct early early = {0};
    early_read(&early, environment, files);
    assert_string_equal(found(&early, "closed/one"), "first");
    assert_string_equal(found(&early, "link"), "second");
    assert_string_equal(found(&early, "closed/two"), "second");
    assert_string_equal(found(&early, "closed/none"), "-");
    assert_string_equal(found(&early, "closed/api"), "fourth");
    assert_string_equal(found(&early, "closed/no-internal"), "-");
    static const char *const left[] = {"theirs/key", "theirs/none", "theirs/jwt", "fifo", "large",
                                       "",           " ",           "other"};
    foreach(path, left)
        if (early_found(&early, *path))
            fail_msg("\"%s\" was read", *path);
    assert_null(early_found(NULL, "closed/one"));

    early_free(&early);
    assert_null(early_found(&early, "closed/one"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(sees_whether_a_source_shows_itself_and_runs_nothing_for_that),
        in_folder(holds_what_root_can_answer_for_and_leaves_the_rest),
    };
    return cmocka_run_group_tests(tests, set_up_root_folder, NULL);
}
