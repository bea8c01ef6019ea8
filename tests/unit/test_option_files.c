#include "resolve/option_files.h"

#include "root_folder.h"

#define CONN "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
#define ARGS "AIRFLOW__DATABASE__SQL_ALCHEMY_ENGINE_ARGS"
#define PASSWORD "AIRFLOW__SMTP__SMTP_PASSWORD"
#define TEAM "AIRFLOW__TEAM_A___"
#define LONG "A50_CHARACTERS_LONG_NAME_OF_A_TEAM_IS_THE_LONGEST_"
#define TEXT(text) (text), sizeof(text) - 1

enum { MOST = 8 };

static const struct {
    int line;
    const char *assignment;
    const char *variable; /* NULL: it is none of ours */
} names[] = {
    {ROW, CONN "_FILE=/f", CONN},
    {ROW, CONN "_FILE=", CONN},
    {ROW, "AIRFLOW__CORE__SQL_ALCHEMY_CONN_FILE=x=y", "AIRFLOW__CORE__SQL_ALCHEMY_CONN"},
    {ROW, "AIRFLOW__API__AUTH_JWT_SECRET_FILE=/f", "AIRFLOW__API__AUTH_JWT_SECRET"},
    {ROW, CONN "_ASYNC_FILE=/f", CONN "_ASYNC"},

    /* A team's own. */
    {ROW, TEAM "CELERY__BROKER_URL_FILE=/f", TEAM "CELERY__BROKER_URL"},
    {ROW, "AIRFLOW__A-2___CELERY__BROKER_URL_FILE=/f", "AIRFLOW__A-2___CELERY__BROKER_URL"},
    {ROW, "AIRFLOW__X_____CELERY__BROKER_URL_FILE=/f", "AIRFLOW__X_____CELERY__BROKER_URL"},
    {ROW, "AIRFLOW__" LONG "___CELERY__BROKER_URL_FILE=/f",
     "AIRFLOW__" LONG "___CELERY__BROKER_URL"},
    {ROW, "AIRFLOW__" LONG LONG LONG "___CELERY__BROKER_URL_FILE=/f", NULL},
    {ROW, "AIRFLOW_____CELERY__BROKER_URL_FILE=/f", NULL},
    {ROW, "AIRFLOW__TEAM__CELERY__BROKER_URL_FILE=/f", NULL},
    {ROW, "AIRFLOW__TEAMCELERY__BROKER_URL_FILE=/f", NULL},
    {ROW, TEAM "CELERY__BROKER_URL=/f", NULL},
    {ROW, TEAM "CORE__FERNET_KEY_FILE=/f", NULL},

    {ROW, "", NULL},
    {ROW, "PATH=/bin", NULL},
    {ROW, CONN "=/f", NULL},
    {ROW, CONN "_FILE", NULL},
    {ROW, "AIRFLOW___FILE=/f", NULL},
    {ROW, "AIRFLOW__FILE=/f", NULL},
    {ROW, CONN "_FILES=/f", NULL},
    {ROW, CONN "_CMD=/f", NULL},
    {ROW, "X" CONN "_FILE=/f", NULL},
    {ROW, "AIRFLOW__DATABASE__sql_alchemy_conn_FILE=/f", NULL},
    {ROW, "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=/f", NULL},
    {ROW, "AIRFLOW__LOGGING__DAG_PROCESSOR_LOG_FILE=/f", NULL},
    {ROW, "AIRFLOW__SMTP__SMTP_HOST_FILE=/f", NULL},
    /* Their sources are others. */
    {ROW, "AIRFLOW__CORE__FERNET_KEY_FILE=/f", NULL},
    {ROW, "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY_FILE=/f", NULL},
    {ROW, "AIRFLOW__WEBSERVER__SECRET_KEY_FILE=/f", NULL},
    {ROW, "AIRFLOW__API__SECRET_KEY_FILE=/f", NULL},
    {ROW, "AIRFLOW__API_AUTH__JWT_SECRET_FILE=/f", NULL},
};

static void a_file_variable_is_known_by_its_whole_name(void **state)
{
    (void)state;
    foreach(row, names) {
        struct sensitive_variable option;
        const char *name = sensitive_file(row->assignment, &option) ? option.name : NULL;
        if (!same_text(name, row->variable))
            fail_row(row, "%s is %s", row->assignment, name ? name : "none");
    }
}

/* What a file of the option holds, and the value that comes of it; or what is wrong. */
static const struct {
    int line;
    const char *variable;
    const char *text;
    size_t length;
    const char *value;
    const char *says;
} values[] = {
    {ROW, CONN, TEXT("postgresql://a:b@c/d"), "postgresql://a:b@c/d", NULL},
    {ROW, CONN, TEXT("value\n"), "value", NULL},
    {ROW, CONN, TEXT("value\r\n"), "value", NULL},
    {ROW, CONN, TEXT("value\r"), "value", NULL},
    {ROW, PASSWORD, TEXT(" \t value\xc3\xa9 \n"), " \t value\xc3\xa9 ", NULL},
    {ROW, PASSWORD, TEXT("100%(x)s%%=#;'\"\\"), "100%(x)s%%=#;'\"\\", NULL},

    {ROW, CONN, TEXT(""), NULL, "is empty"},
    {ROW, CONN, TEXT(" \t\r\n"), NULL, "is empty"},
    {ROW, CONN, TEXT("va\0lue"), NULL, "has a NUL"},
    {ROW, CONN, TEXT("value\0"), NULL, "has a NUL"},
    {ROW, CONN, TEXT("value\n\n"), NULL, "more than one line"},
    {ROW, CONN, TEXT("va\nlue"), NULL, "more than one line"},
    {ROW, CONN, TEXT("va\rlue\n"), NULL, "more than one line"},
    {ROW, CONN, TEXT("\nvalue"), NULL, "more than one line"},

    /* JSON may have lines. */
    {ROW, ARGS, TEXT("{\n  \"a\": 1\n}\n"), "{\n  \"a\": 1\n}", NULL},
    {ROW, ARGS, TEXT("{\r\n}\r\n\n"), "{\r\n}\r\n", NULL},
    {ROW, ARGS, TEXT("{\n\0}\n"), NULL, "has a NUL"},

    /* What Airflow would replace: of variables those that are set, or that a shell may set. */
    {ROW, PASSWORD, TEXT("pa$$w0rd$"), "pa$$w0rd$", NULL},
    {ROW, PASSWORD, TEXT("pa$NOT_SET${NOR_THIS}"), "pa$NOT_SET${NOR_THIS}", NULL},
    {ROW, PASSWORD, TEXT("pa$FERNIT_SET"), "pa$FERNIT_SET", NULL},
    {ROW, PASSWORD, TEXT("a~b~"), "a~b~", NULL},
    {ROW, PASSWORD, TEXT("~nobody_of_that_name"), "~nobody_of_that_name", NULL},
    {ROW, PASSWORD, TEXT("pa$SET"), NULL, "has a \"$\" in it, before a name"},
    {ROW, PASSWORD, TEXT("pa${SET}w"), NULL, "has a \"$\" in it, before a name"},
    {ROW, PASSWORD, TEXT("pa$SAME"), NULL, "has a \"$\" in it"},
    {ROW, PASSWORD, TEXT("pa$ITSELF"), "pa$ITSELF", NULL},
    {ROW, PASSWORD, TEXT("pa$NULL"), NULL, "has a \"$\" in it"},
    {ROW, PASSWORD, TEXT("$_-pa"), NULL, "has a \"$\" in it"},
    {ROW, PASSWORD, TEXT("pa$PWD"), NULL, "has a \"$\" in it"},
    {ROW, PASSWORD, TEXT("pa$" PASSWORD), NULL, "has a \"$\" in it"},
    {ROW, PASSWORD, TEXT("~"), NULL, "begins with \"~\""},
    {ROW, PASSWORD, TEXT("~/pa"), NULL, "begins with \"~\""},
    {ROW, PASSWORD, TEXT("~root"), NULL, "begins with \"~\""},
    {ROW, PASSWORD, TEXT("~/$"), NULL, "or begins with \"~\""},
    {ROW, ARGS, TEXT("{\"a\": \"$SET\"}"), NULL, "has a \"$\" in it, before a name"},
};

static void a_value_arrives_as_it_stands_or_is_an_error(void **state)
{
    (void)state;
    foreach(row, values) {
        struct error err = {0};
        char assignment[128];
        _cleanup_option_files_ struct option_files files = {0};
        snprintf(assignment, sizeof assignment, "%s_FILE=./file", row->variable);
        char *const environment[] = {assignment,       "SET=x",   "SAME=$SET",    "NULL=",
                                     "ITSELF=$ITSELF", "HOME=/h", "FERNIT_SET=1", NULL};
        write_bytes("file", row->text, row->length, 0600);

        int read = option_files_read(environment, NULL, &files, &err);
        if (row->says) {
            if (read != -1 || !error_says(&err, ERROR_INPUT, row->says) ||
                strstr(err.message, row->variable) != err.message ||
                files.list[0].finding != OPTION_FILE_BROKEN || files.list[0].text.bytes)
                fail_row(row, "%d, %s", read, err.message);
            if (strchr(row->says, '"') && !strstr(err.hints, "_CMD=\"cat ./file\""))
                fail_row(row, "advises %s", err.hints);
            continue;
        }
        if (read != 0 || files.count != 1 || files.list[0].finding != OPTION_FILE_READ)
            fail_row(row, "%d, %s", read, err.message);
        if (!same_text(files.list[0].text.bytes, row->value) ||
            files.list[0].text.length != strlen(row->value))
            fail_row(row, "\"%s\"", files.list[0].text.bytes);
    }
}

/* What the command gets of what we got; "file" holds "value". */
static const struct {
    int line;
    char *given[MOST];
    const char *gets[MOST];
    const char *remark;
} deliveries[] = {
    {ROW, {NULL}, {NULL}, NULL},
    {ROW, {"X=1", CONN "=x"}, {"X=1", CONN "=x"}, NULL},
    {ROW, {CONN "_FILE=./file", "X=1"}, {"X=1", CONN "=value"}, NULL},
    {ROW, {CONN "_FILE=file", PASSWORD "_FILE=./file"}, {CONN "=value", PASSWORD "=value"}, NULL},
    {ROW, {CONN "_FILE=./file", CONN "_FILE=./none"}, {CONN "=value"}, NULL},
    {ROW,
     {"AIRFLOW__CORE__SQL_ALCHEMY_CONN=x", CONN "_FILE=./file"},
     {"AIRFLOW__CORE__SQL_ALCHEMY_CONN=x", CONN "=value"},
     NULL},

    /* Set to nothing. */
    {ROW, {CONN "_FILE="}, {NULL}, CONN "_FILE is set to nothing, and is ignored"},
    {ROW, {CONN "_FILE= \t"}, {NULL}, CONN "_FILE is set to nothing"},
    {ROW, {CONN "_FILE=", CONN "=x"}, {CONN "=x"}, CONN "_FILE is set to nothing"},
    {ROW, {CONN "=", CONN "_FILE=./file"}, {CONN "=value"}, CONN " is set to nothing"},
    {ROW, {CONN "_FILE=./file", CONN "= "}, {CONN "=value"}, CONN " is set to nothing"},
    {ROW, {CONN "=", CONN "_CMD="}, {CONN "=", CONN "_CMD="}, NULL},

    /* Airflow's own ways come first, and nothing stands before them. */
    {ROW,
     {CONN "_CMD=cat /f", CONN "_FILE=./none"},
     {CONN "_CMD=cat /f"},
     CONN "_FILE is not used, because " CONN "_CMD is used"},
    {ROW,
     {CONN "_FILE=./file", CONN "_SECRET=s"},
     {CONN "_SECRET=s"},
     CONN "_FILE is not used, because " CONN "_SECRET is used"},
    {ROW,
     {CONN "_FILE=./file", CONN "_SECRET=s", CONN "=", CONN "_CMD=c"},
     {CONN "_SECRET=s", CONN "_CMD=c"},
     CONN "_FILE is not used, because " CONN "_CMD is used"},
    {ROW,
     {CONN "_FILE=./file", CONN "_SECRET= ", CONN "_CMD="},
     {CONN "_SECRET= ", CONN "_CMD=", CONN "=value"},
     NULL},
};

static void the_command_gets_the_value_and_no_file(void **state)
{
    (void)state;
    write_text("file", "value\n");
    foreach(row, deliveries) {
        struct error err = {0};
        char remark[OPTION_FILE_REMARK];
        char hint[OPTION_FILE_REMARK];
        _cleanup_option_files_ struct option_files files = {0};
        _cleanup_environment_ struct environment child = {0};
        if (option_files_read(row->given, NULL, &files, &err) != 0 ||
            environment_copy(&child, row->given, &err) != 0 ||
            option_files_deliver(&files, &child, &err) != 0)
            fail_row(row, "%s", err.message);
        for (size_t i = 0; i < MOST; i++) {
            if (!same_text(child.list[i], row->gets[i]))
                fail_row(row, "%zu is %s, not %s", i, child.list[i], row->gets[i]);
            if (!child.list[i])
                break;
        }
        bool has_remark = files.count > 0 && option_file_remark(&files.list[0], remark, hint);
        if (has_remark != (row->remark != NULL) || (has_remark && !strstr(remark, row->remark)))
            fail_row(row, "remark: %s", has_remark ? remark : "none");
        for (size_t i = 0; i < files.count; i++)
            assert_null(files.list[i].text.bytes);
    }
}

static const struct {
    int line;
    enum error_kind kind;
    char *given[MOST];
    const char *says[2];
    const char *hides;
} faults[] = {
    {ROW,
     ERROR_INPUT,
     {CONN "=x", CONN "_FILE=./file"},
     {CONN ": is set, and " CONN "_FILE is set, too"},
     NULL},
    {ROW,
     ERROR_INPUT,
     {CONN "_FILE=./none", CONN "=x", CONN "_CMD=c"},
     {"is set, and ", "unset one of them"},
     NULL},
    {ROW,
     ERROR_SYSTEM,
     {CONN "_FILE=./none"},
     {CONN "_FILE: ./none: No such file", "mount it"},
     NULL},
    {ROW, ERROR_SYSTEM, {CONN "_FILE=../none/"}, {CONN "_FILE: ../none/"}, NULL},
    {ROW, ERROR_SYSTEM, {CONN "_FILE=./dangling"}, {"No such file"}, NULL},
    {ROW, ERROR_INPUT, {CONN "_FILE=./folder"}, {CONN "_FILE: ./folder: is a directory"}, NULL},
    {ROW, ERROR_INPUT, {CONN "_FILE=./fifo"}, {CONN "_FILE: ./fifo: is a FIFO"}, NULL},
    {ROW, ERROR_INPUT, {CONN "_FILE=/dev/zero"}, {"/dev/zero: is a device"}, NULL},
    {ROW, ERROR_INPUT, {CONN "_FILE=./large"}, {CONN "_FILE: ./large: is larger than 65536"}, NULL},

    /* What may be the secret itself. */
    {ROW,
     ERROR_SYSTEM,
     {PASSWORD "_FILE=hunter2"},
     {PASSWORD "_FILE: the file: No such"},
     "hunter"},
    {ROW, ERROR_SYSTEM, {CONN "_FILE=mysql://a:b@c/"}, {CONN "_FILE: the file: No such"}, "mysql"},
    {ROW, ERROR_INPUT, {PASSWORD "_FILE=folder"}, {"the file: is a directory"}, "folder"},
    {ROW, ERROR_INPUT, {PASSWORD "_FILE=lines"}, {PASSWORD "_FILE: lines: has more"}, NULL},

    /* The first of several is told. */
    {ROW,
     ERROR_SYSTEM,
     {CONN "_FILE=./file", PASSWORD "_FILE=./a", ARGS "_FILE=./b"},
     {"./a"},
     "./b"},
};

static void a_broken_file_is_an_error_that_shows_no_secret(void **state)
{
    (void)state;
    static char large[64 * 1024 + 1];
    memset(large, 'x', sizeof large);
    write_bytes("large", large, sizeof large, 0600);
    write_text("file", "value");
    write_text("lines", "a\nb");
    mkdir("folder", 0700);
    mkfifo("fifo", 0600);
    assert_int_equal(symlink("none", "dangling"), 0);
    foreach(row, faults) {
        struct error err = {0};
        _cleanup_option_files_ struct option_files files = {0};
        if (option_files_read(row->given, NULL, &files, &err) != -1 ||
            !error_says(&err, row->kind, row->says[0]) ||
            (row->says[1] && !strstr(err.hints, row->says[1])) ||
            (row->hides && (strstr(err.message, row->hides) || strstr(err.hints, row->hides))))
            fail_row(row, "%d: %s; %s", err.kind, err.message, err.hints);
    }
}

static void the_largest_value_and_one_behind_links_are_read(void **state)
{
    (void)state;
    static char large[64 * 1024];
    struct error err = {0};
    char *const environment[] = {CONN "_FILE=./link", NULL};
    _cleanup_option_files_ struct option_files files = {0};
    memset(large, 'x', sizeof large);
    write_bytes("large", large, sizeof large, 0444);
    assert_int_equal(symlink("large", "..data"), 0);
    assert_int_equal(symlink("..data", "link"), 0);
    if (option_files_read(environment, NULL, &files, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(files.list[0].text.length, sizeof large);
}

static void status_gets_all_of_them(void **state)
{
    (void)state;
    struct error err = {0};
    char *const environment[] = {PASSWORD "_FILE=./none", CONN "_FILE=./file", ARGS "_FILE=", NULL};
    _cleanup_option_files_ struct option_files files = {0};
    write_text("file", "value");
    assert_int_equal(option_files_read(environment, NULL, &files, &err), -1);
    assert_int_equal(files.count, 3);
    assert_int_equal(files.list[0].finding, OPTION_FILE_BROKEN);
    assert_string_equal(files.list[0].error->message, err.message);
    assert_int_equal(files.list[1].finding, OPTION_FILE_READ);
    assert_int_equal(files.list[2].finding, OPTION_FILE_EMPTY);
}

static void what_root_has_read_counts_before_what_is_there(void **state)
{
    (void)state;
    struct error err = {0};
    static const char *const none[] = {NULL};
    char *const environment[] = {CONN "_FILE=closed/one", PASSWORD "_FILE=closed/none", NULL};
    _cleanup_early_ struct early early = {0};
    need_root_folder();
    mkdir("closed", 0700);
    write_text("closed/one", "first");
    early_read(&early, environment, none);
    write_text("closed/one", "second");
    write_text("closed/none", "third");

    _cleanup_option_files_ struct option_files files = {0};
    assert_int_equal(option_files_read(environment, &early, &files, &err), -1);
    assert_string_equal(files.list[0].text.bytes, "first");
    assert_int_equal(files.list[1].finding, OPTION_FILE_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_variable_is_known_by_its_whole_name),
        in_folder(a_value_arrives_as_it_stands_or_is_an_error),
        in_folder(the_command_gets_the_value_and_no_file),
        in_folder(a_broken_file_is_an_error_that_shows_no_secret),
        in_folder(the_largest_value_and_one_behind_links_are_read),
        in_folder(status_gets_all_of_them),
        in_folder(what_root_has_read_counts_before_what_is_there),
    };
    return cmocka_run_group_tests(tests, set_up_root_folder, NULL);
}
