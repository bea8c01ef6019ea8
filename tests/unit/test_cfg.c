/* Expectations are Python's: configparser.ConfigParser with its own interpolation and names kept as they
 * are, which is how Airflow sets it up. */
#include "airflow/cfg.h"

#include "folder.h"

static int read_key(const char *path, struct cfg *cfg, struct error *err)
{
    static const struct ini_wanted wanted[] = {{"core", "fernet_key"}};
    return cfg_read_options(path, wanted, 1, cfg, err);
}

/* Nine references, one behind the other: the last may be one more. */
#define CHAIN                                                                                      \
    "[core]\nfernet_key = %(a)s\na = %(b)s\nb = %(c)s\nc = %(d)s\nd = %(e)s\ne = %(f)s\n"          \
    "f = %(g)s\ng = %(h)s\nh = %(i)s\n"

static const struct {
    int line;
    const char *text;
    const char *value;
} right[] = {
    {ROW, "[core]\nfernet_key = v\n", "v"},
    {ROW, "[core]\nfernet_key =\n", ""},
    {ROW, "[core]\nfernet_key = a = b : c # d\n", "a = b : c # d"},
    {ROW, "[core]\nfernet_key =\n  v\n", "\nv"},
    {ROW, "[core]\nfernet_key = v,\n  w\n", "v,\nw"},
    {ROW, "[core]\n", NULL},
    {ROW, "[core]\nFERNET_KEY = v\n", NULL},
    {ROW, "[CORE]\nfernet_key = v\n", NULL},
    {ROW, "[x]\nfernet_key = v\n", NULL},
    {ROW, "[DEFAULT]\nfernet_key = d\n", NULL},
    {ROW, "[DEFAULT]\nfernet_key = d\n[core]\n", "d"},
    {ROW, "[DEFAULT]\nfernet_key = d\n[core]\nfernet_key = v\n", "v"},
    {ROW, "[DEFAULT]\nfernet_key = d\n[core]\nfernet_key =\n", ""},
    {ROW, "[core]\n[DEFAULT]\nfernet_key = d\n", "d"},
    {ROW, "[DEFAULT]\nFERNET_KEY = d\n[core]\n", NULL},
    {ROW, "[core]\nfernet_key = 100%%\n", "100%"},
    {ROW, "[core]\nfernet_key = %%(a)s\na = 1\n", "%(a)s"},
    {ROW, "[core]\nfernet_key = %%%%%(a)s%%\na = 1\n", "%%1%"},
    {ROW, "[core]\nfernet_key = %(a)s\na = 1\n", "1"},
    {ROW, "[core]\nfernet_key = <%(a)s|%(b)s|%(a)s>\na = 1\nb = 2\n", "<1|2|1>"},
    {ROW, "[core]\nfernet_key = %(a)s\na = %(b)s!\nb = %%\n", "%!"},
    {ROW, "[core]\nfernet_key = %(a)s\na =\n", ""},
    {ROW, "[core]\nfernet_key = %(a)s\na = x\n  y\n", "x\ny"},
    {ROW, "[core]\nfernet_key = %(a b)s\na b = 1\n", "1"},
    {ROW, "[core]\nfernet_key = %(%%)s\n%% = 1\n", "1"},
    {ROW, "[core]\nfernet_key = %(a)sx)s\na = 1\n", "1x)s"},
    {ROW, "[core]\nfernet_key = %(A)s\nA = 1\na = 2\n", "1"},
    {ROW, "[DEFAULT]\na = d\n[core]\nfernet_key = %(a)s\n", "d"},
    {ROW, "[DEFAULT]\na = d\n[core]\nfernet_key = %(a)s\na = c\n", "c"},
    {ROW, "[DEFAULT]\na = d\nfernet_key = %(a)s\n[core]\na = c\n", "c"},
    {ROW, "[DEFAULT]\nfernet_key = %(a)s\n[core]\na = c\n[x]\na = x\n", "c"},
    {ROW, "[core]\nfernet_key = $%(a)s ${A} $A ~\na = A\n", "$A ${A} $A ~"},
    {ROW, "[core]\nfernet_key = \"%(a)s\"\na = '1'\n", "\"'1'\""},
    {ROW, "[core]\nfernet_key = v\nother = 50% of %(nothing)s\n", "v"},
    {ROW, CHAIN "i = end\n", "end"},
    {ROW, CHAIN "i = %(j)s\nj = end\n", "end"},
    {ROW, CHAIN "i = %%\n", "%"},
};

static const struct {
    int line;
    const char *text;
    const char *says;
} wrong[] = {
    {ROW, "[core]\nfernet_key = 50%\n", "\"%\""},
    {ROW, "[core]\nfernet_key = %\n", "\"%\""},
    {ROW, "[core]\nfernet_key = % a\n", "\"%\""},
    {ROW, "[core]\nfernet_key = %a\n", "\"%\""},
    {ROW, "[core]\nfernet_key = %%%\n", "\"%\""},
    {ROW, "[core]\nfernet_key = %(\n", "\"%\""},
    {ROW, "[core]\nfernet_key = %(a\na = 1\n", "\"%\""},
    {ROW, "[core]\nfernet_key = %(a)\na = 1\n", "\"%\""},
    {ROW, "[core]\nfernet_key = %(a)d\na = 1\n", "\"%\""},
    {ROW, "[core]\nfernet_key = %(a) s\na = 1\n", "\"%\""},
    {ROW, "[core]\nfernet_key = %()s\n", "\"%\""},
    {ROW, "[core]\nfernet_key = ab%(c)sde\n", "an option that does not exist"},
    {ROW, "[core]\nfernet_key = %(FERNET)s\nfernet = 1\n", "an option that does not exist"},
    {ROW, "[core]\nfernet_key = %(a)s\n[x]\na = 1\n", "an option that does not exist"},
    {ROW, "[core]\nfernet_key = %(a)s\na = 1%\n", "\"%\""},
    {ROW, "[DEFAULT]\nfernet_key = %(a)s\n[core]\n", "an option that does not exist"},
    {ROW, "[core]\nfernet_key = %(fernet_key)s\n", "without end"},
    {ROW, "[core]\nfernet_key = %(a)s\na = %(fernet_key)s\n", "without end"},
    {ROW, "[core]\nfernet_key = %(a)s%(a)s\na = %(a)s%(a)s\n", "without end"},
    {ROW, CHAIN "i = %(j)s\nj = %(k)s\nk = end\n", "without end"},
    {ROW, CHAIN "i = %(j)s\nj = %%\n", "without end"},
};

static void finds_the_value_that_airflow_finds(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        _cleanup_cfg_ struct cfg cfg = {0};
        _cleanup_secret_ struct secret value = {0};
        write_text("airflow.cfg", row->text);
        for (int i = 0; i < 2; i++) {
            int (*const readings[])(const char *, struct cfg *, struct error *) = {read_key,
                                                                                   cfg_read};
            cfg_free(&cfg);
            if (readings[i]("airflow.cfg", &cfg, &err) != 0 || !cfg.exists || cfg.is_whole < i)
                fail_row(row, "cannot be read: %s", err.message);
            int found = cfg_value(&cfg, "core", "fernet_key", &value, &err);
            if (found != (row->value ? 1 : 0))
                fail_row(row, "found %d: %s", found, err.message);
            if (found &&
                (!same_text(value.bytes, row->value) || value.length != strlen(row->value)))
                fail_row(row, "got \"%s\"", value.bytes);
            secret_free(&value);
        }
    }
}

static void refuses_the_percent_signs_that_configparser_refuses(void **state)
{
    (void)state;
    foreach(row, wrong) {
        struct error err = {0};
        _cleanup_cfg_ struct cfg cfg = {0};
        _cleanup_secret_ struct secret value = {0};
        write_text("airflow.cfg", row->text);
        assert_int_equal(cfg_read("airflow.cfg", &cfg, &err), 0);
        int found = cfg_value(&cfg, "core", "fernet_key", &value, &err);
        if (found != -1 || !error_says(&err, ERROR_INPUT, row->says))
            fail_row(row, "found %d: %s", found, err.message);
        if (strstr(err.message, "50") || strstr(err.message, "ab") || strstr(err.message, "de"))
            fail_row(row, "shows the value: %s", err.message);
    }
}

static void a_value_is_appended(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_cfg_ struct cfg cfg = {0};
    _cleanup_secret_ struct secret value = {0};
    write_text("airflow.cfg", "[core]\nfernet_key = v\n");
    assert_int_equal(cfg_read("airflow.cfg", &cfg, &err), 0);
    assert_int_equal(secret_append(&value, "<", 1, &err), 0);
    assert_int_equal(cfg_value(&cfg, "core", "fernet_key", &value, &err), 1);
    assert_string_equal(value.bytes, "<v");
    assert_int_equal(cfg_value(&cfg, "core", "fernet_key_cmd", &value, &err), 0);
    assert_string_equal(value.bytes, "<v");
}

static void a_file_that_is_not_there_is_no_error_and_holds_nothing(void **state)
{
    (void)state;
    static const char *const paths[] = {"airflow.cfg", "no/airflow.cfg", "file/airflow.cfg",
                                        "dangling"};
    write_text("file", "");
    assert_int_equal(symlink("nothing", "dangling"), 0);
    foreach(path, paths) {
        struct error err = {0};
        struct cfg cfg = {.exists = true};
        struct secret value = {0};
        if (cfg_read(*path, &cfg, &err) != 0 || cfg.exists || cfg.text.bytes ||
            read_key(*path, &cfg, &err) != 0 || cfg.exists || cfg.text.bytes ||
            cfg_value(&cfg, "core", "fernet_key", &value, &err) != 0)
            fail_msg("%s: %s", *path, err.message);
    }
}

static void a_file_is_read_at_the_end_of_its_links(void **state)
{
    (void)state;
    struct error err = {0};
    struct stat status;
    _cleanup_cfg_ struct cfg cfg = {0};
    assert_int_equal(mkdir("data", 0700), 0);
    write_text("data/airflow.cfg", "[core]\nfernet_key = v\n");
    assert_int_equal(symlink("data", "now"), 0);
    assert_int_equal(symlink("now/airflow.cfg", "airflow.cfg"), 0);
    assert_int_equal(cfg_read("airflow.cfg", &cfg, &err), 0);
    assert_true(cfg.exists);
    assert_string_equal(cfg.text.bytes, "[core]\nfernet_key = v\n");
    assert_int_equal(stat("data/airflow.cfg", &status), 0);
    assert_int_equal(cfg.status.st_ino, status.st_ino);
}

static void what_is_no_file_or_too_large_is_refused_by_its_path(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *says;
    } table[] = {
        {"folder", "folder: is a directory"},
        {"fifo", "fifo: is a FIFO"},
        {"/dev/null", "/dev/null: is a device"},
        {"large", "large: is larger than 16777216 bytes"},
    };
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    write_text("large", "");
    assert_int_equal(truncate("large", CFG_MOST + 1), 0);
    foreach(row, table) {
        struct error err = {0};
        struct cfg cfg = {0};
        if (cfg_read(row->path, &cfg, &err) != -1 || cfg.exists || cfg.text.bytes ||
            !error_says(&err, ERROR_INPUT, row->says) || read_key(row->path, &cfg, &err) != -1 ||
            cfg.exists || cfg.text.bytes || !error_says(&err, ERROR_INPUT, row->says))
            fail_msg("%s: %s", row->path, err.message);
    }
}

static void a_fault_is_named_by_path_and_line(void **state)
{
    (void)state;
    static const struct {
        int line;
        bool is_passed_over; /* where the key alone is wanted */
        const char *text;
        const char *says;
    } table[] = {
        {ROW, false, "fernet_key = v\n", "airflow.cfg: line 1: "},
        {ROW, false, "\xef\xbb\xbf[core]\n", "airflow.cfg: line 1: "},
        {ROW, true, "[core]\na = 1\nno value\n", "airflow.cfg: line 3: "},
        {ROW, true, "[core]\na = 1\na = 2\n", "airflow.cfg: line 3: "},
        {ROW, false, "[core]\n[x]\n[core]\n", "airflow.cfg: line 3: "},
        {ROW, true, "[core]\n[x]\na = 1\na = 2\n", "airflow.cfg: line 4: "},
        {ROW, true, "[core]\n[x]\nno value\n", "airflow.cfg: line 3: "},
        {ROW, true, "[core]\nno value\nfernet_key = v\na = 1\n", "airflow.cfg: line 2: "},
        {ROW, false, "[core]\nfernet_key = v\n  [\n[x\n", "airflow.cfg: line 4: "},
        {ROW, false, "[core]\nfernet_key = v%%\na = 1\nno value\n", "airflow.cfg: line 4: "},
        {ROW, false, "[DEFAULT]\nfernet_key = v\n[core]\nno value\n", "airflow.cfg: line 4: "},
        {ROW, true, "[core]\nfernet_key = v\na = 1\nno value\n", "airflow.cfg: line 4: "},
        {ROW, false, "[core]\nfernet_key = v\nfernet_key = w\n", "airflow.cfg: line 3: "},
        {ROW, false, "[core]\nfernet_key = v\n[core]\n", "airflow.cfg: line 3: "},
        {ROW, true, "[x]\n[core]\nfernet_key = v\n[x]\n", "airflow.cfg: line 4: "},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_cfg_ struct cfg cfg = {0};
        write_text("airflow.cfg", row->text);
        if (cfg_read("airflow.cfg", &cfg, &err) != -1 || cfg.exists ||
            !error_says(&err, ERROR_INPUT, row->says))
            fail_row(row, "says %s", err.message);
        err = (struct error){0};
        int read = read_key("airflow.cfg", &cfg, &err);
        if (read != (row->is_passed_over ? 0 : -1) || cfg.exists != row->is_passed_over)
            fail_row(row, "says %s", err.message);
        if (read < 0 && !error_says(&err, ERROR_INPUT, row->says))
            fail_row(row, "says %s", err.message);
    }
}

/* Wherever the pieces that are read end. */
static void the_key_is_found_wherever_it_stands_in_a_long_file(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *value;
        int line;
        bool is_whole;
        bool is_last; /* nothing follows */
    } table[] = {
        {"fernet_key = v\nnext = 1\n", "v", ROW, false, false},
        {"fernet_key = v\n[next]\n", "v", ROW, false, false},
        {"fernet_key = v\n# c\n\n\n;c\n\nnext = 1\n", "v", ROW, false, false},
        {"fernet_key = v\n", "v", ROW, false, true},
        {"fernet_key = v\n# c\n\n", "v", ROW, false, true},
        {"fernet_key = v", "v", ROW, true, true},
        {"fernet_key = v\n# c", "v", ROW, true, true},
        {"fernet_key = v\n  ; c\n\nnext = 1\n", "v", ROW, true, false},
        {"fernet_key = v\r\nnext = 1\r\n", "v", ROW, true, false},
        {"fernet_key = v\rnext = 1\r", "v", ROW, true, true},
        {"fernet_key = v,\n  w\nnext = 1\n", "v,\nw", ROW, true, false},
        {"fernet_key = v,\n  w", "v,\nw", ROW, true, true},
        {"fernet_key = v,\n# c\n\n\xc2\xa0\n \xe3\x80\x80 w\nnext = 1\n", "v,\n\n\nw", ROW, true,
         false},
        {"[DEFAULT]\nfernet_key = v\n[x]\n", "v", ROW, true, true},
        {"[x]\nfernet_key = v\n[DEFAULT]\nfernet_key = w\n", "w", ROW, true, true},
    };
    enum { PIECE = 8000, BEHIND = 100 * 1000, MOST = 2 * BEHIND };
    char *text = test_malloc(MOST);
    static const char head[] = "[core]\n";
    static const char line[] = "# A line of many, up to the key that follows\n";
    foreach(row, table) {
        size_t length = strlen(row->text);
        for (size_t i = 0; i < length + 8; i++) {
            /* The option begins at PIECE, or up to its length and more before that; and far behind it. */
            size_t at = i == 0 ? 80 * 1000 : PIECE + 4 - i;
            for (size_t j = 0; j < at; j++)
                text[j] = line[j % (sizeof line - 1)];
            memcpy(text, head, sizeof head - 1);
            memcpy(text + sizeof head - 1, "#", 1);
            text[at - 1] = '\n';
            memcpy(text + at, row->text, length + 1);
            if (!row->is_last) {
                for (size_t j = 0; j < BEHIND; j++)
                    text[at + length + j] = line[j % (sizeof line - 1)];
                memcpy(text + at + length + BEHIND, "\n", 2);
            }
            write_text("airflow.cfg", text);

            struct error err = {0};
            _cleanup_cfg_ struct cfg cfg = {0};
            _cleanup_secret_ struct secret value = {0};
            if (read_key("airflow.cfg", &cfg, &err) != 0 ||
                cfg_value(&cfg, "core", "fernet_key", &value, &err) != 1 ||
                !same_text(value.bytes, row->value))
                fail_row(row, "%zu: %s \"%s\"", at, err.message, value.bytes);
            if (cfg.is_whole != row->is_whole)
                fail_row(row, "%zu: was read %s", at, cfg.is_whole ? "whole" : "in part");
        }
    }
    test_free(text);
}

/* What is found without the rest must stand for itself, and be all that is wanted. */
static void
the_whole_file_is_read_unless_each_wanted_option_is_absent_or_holds_a_plain_value(void **state)
{
    (void)state;
    static const struct ini_wanted wanted[] = {
        {"core", "fernet_key"}, {"api", "secret_key"}, {"core", "x"}};
    static const struct {
        int line;
        bool is_whole;
        const char *text;
    } table[] = {
        {ROW, false, "[core]\nfernet_key = v\nx = 1\n[api]\nsecret_key = w\n"},
        {ROW, false, "[api]\nsecret_key = #w;=\n[core]\nx = a~b c\nfernet_key = v,w\n\n[no]\nno\n"},
        {ROW, false, "[core]\nfernet_key = v\nx = 1\n"},
        {ROW, true, "[core]\nfernet_key = v\nx = 1\n[api]\n[DEFAULT]\nsecret_key = w\n"},
        {ROW, true, "[core]\nfernet_key =\nx = 1\n[api]\nsecret_key = w\n"},
        {ROW, true, "[core]\nfernet_key = $K\nx = 1\n[api]\nsecret_key = w\n"},
        {ROW, true, "[core]\nfernet_key = a${K}\nx = 1\n[api]\nsecret_key = w\n"},
        {ROW, true, "[core]\nfernet_key = ~/v\nx = 1\n[api]\nsecret_key = w\n"},
        {ROW, true, "[core]\nfernet_key = v\nx = 1\n[api]\nsecret_key = w%%\n"},
        {ROW, true, "[core]\nfernet_key = v\nx = %(y)s\n[api]\nsecret_key = w\n"},
        {ROW, true, "[core]\nfernet_key = v\nx_cmd = 1\n"},
        {ROW, false, "[core]\nfernet_key = v\n# x\n"},
        {ROW, false, ""},
    };
    foreach(row, table) {
        struct error err = {0};
        write_text("airflow.cfg", row->text);
        _cleanup_cfg_ struct cfg cfg = {0};
        if (cfg_read_options("airflow.cfg", wanted, COUNT(wanted), &cfg, &err) < 0 || !cfg.exists)
            fail_row(row, "%s", err.message);
        if (cfg.is_whole != row->is_whole || same_text(cfg.text.bytes, row->text) != row->is_whole)
            fail_row(row, "was read %s", cfg.is_whole ? "whole" : "in part");
        cfg_free(&cfg);
        if (cfg_read_options("airflow.cfg", wanted, 0, &cfg, &err) == 0 && !cfg.is_whole)
            fail_row(row, "was read in part, though nothing is wanted");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(finds_the_value_that_airflow_finds),
        in_folder(refuses_the_percent_signs_that_configparser_refuses),
        in_folder(a_value_is_appended),
        in_folder(a_file_that_is_not_there_is_no_error_and_holds_nothing),
        in_folder(a_file_is_read_at_the_end_of_its_links),
        in_folder(what_is_no_file_or_too_large_is_refused_by_its_path),
        in_folder(a_fault_is_named_by_path_and_line),
        in_folder(the_key_is_found_wherever_it_stands_in_a_long_file),
        in_folder(
            the_whole_file_is_read_unless_each_wanted_option_is_absent_or_holds_a_plain_value),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
