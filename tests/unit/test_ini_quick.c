/* What is found is what ini_read finds, which the black-box tests hold against Python's configparser. */
#include "base/ini_quick.h"

#include <stdio.h>
#include <stdlib.h>

#include "folder.h"

static const struct ini_wanted wanted[] = {{"s", "one"}, {"s", "two"}, {"t", "one"}};

/* All options that are wanted stand in these, beyond doubt. */
static const struct {
    int line;
    const char *text;
} plain[] = {
    {ROW, "[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[t]\none = 3\n[s]\ntwo = 2\none = 1\n"},
    {ROW, "[s]\none=1\ntwo:2\n[t]\none  :3\n"},
    {ROW, "[s]\none =\ntwo = \n[t]\none =    \n"},
    {ROW, "[s]\none = a = b : c # d\ntwo = [s]\n[t]\none = \"~!%%$(x)s\"\n"},
    {ROW, "[s]\none =   1   \ntwo =2 \n[t]\none = a  b\n"},
    {ROW, "# c\n; c\n\n[s]\n\n# c\none = 1\n; c\n\n# c\ntwo = 2\n\n\n[t]\n#\none = 3\n\n# c\n"},
    {ROW,
     "[r]\none = 8\ntwo = 9\n[s]\none = 1\ntwo = 2\n[S]\none = 9\n[t]\none = 3\n[u]\none = 9\n"},
    {ROW,
     "[s]\n# one = 9\n;one = 9\none = 1\n#[t]\n# [t]\ntwo = 2\n[t]\none = 3\n# \xc3\xa9 [s]\n"},
    {ROW, "[ s]\none = 9\n[s ]\none = 9\n[s]\none = 1\ntwo = 2\n[s[]\none = 9\n[t]\none = 3\n"},
    {ROW, "[\xc3\xa9 :=]\n\xc3\xa9 = \xc3\xa9\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\nONE = 9\non = 9\ne = 9\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\n  a = 1\n    b\none = 1\nc = 1\n  2\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\na = x[s]\n  b [t]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[r]\na = 1\r\n\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\na = \x01\x7f\\\xff\none = 1\ntwo = 2\n[t]\none = 3\n"},
};

/* Some of them are certainly not there, and the others are. */
static const char *const absent[] = {
    "",
    "# one = 1\n",
    "[r]\none = 1\n",
    "[s]\none = 1\ntwo = 2\n",
    "[s]\none = 1\ntwo = 2\n[t]\n",
    "[s]\none = 1\n[t]\none = 3\n",
    "[s]\none = 1\n[t]\none = 3\ntwo = 2\n",
    "[s]\n# two = 2\n  ; two = 2\none = 1\n[t]\n#one\n",
};

/* What could be read in another way, in whatever follows or stands before. */
static const struct {
    int line;
    const char *text;
} doubtful[] = {
    {ROW, "[s]\none = 1\ntwo = 2\n[t]\none = 3"},
    {ROW, "[s]\none = 1\ntwo = 2\n[t]\none = 3\n#"},
    {ROW, "[DEFAULT]\none = 3\n[s]\none = 1\ntwo = 2\n[t]\n"},
    {ROW, "[s]\none = 1\ntwo = 2\n[t]\n[DEFAULT]\n"},
    {ROW, "[s]\none = 1\ntwo_cmd = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\na = 1\n  two = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\n# c\r  two = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\n one = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none\t= 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none\xc2\xa0= 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[DEFAULT]\none = 9\n[s]\none = 1\ntwo = 2\n[DEFAULT]\nx = 8\n[t]\none = 3\n"},
    {ROW, "[s]\n  a = 1\n    b\none = 1\nc = 1\n  one = 9\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\ntwo = 2\n[t]\nx = 1\n  one = 9\none = 3\n"},
    {ROW, "[s]\none = 1\ntwo = 2\none_cmd = 9\n[t]\none = 3\n"},
    {ROW, "[s]\n  one_cmd = 9\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\na = one\ntwo = 2\n[t]\none = 3\n"},
    /* A value that goes on, or is not plain. */
    {ROW, "[s]\none = 1\ntwo = 2\n[t]\none = 3\nx = 1\r  2\n\x01 = 1\n"},
    {ROW, "[s]\none = 1\n 2\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\n\n# c\n\t2\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\n  # c\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\n \ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\n\xc2\xa0 2\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\n\v2\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\n# c\r  2\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\n  [t]\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\ntwo = 2\n[t]\none = 3\n  4\n"},
    {ROW, "[s]\none = 1\rx = 2\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = \xc3\xa9\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\xc2\xa0\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\t2\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\r\none = 1\r\ntwo = 2\r\n[t]\r\none = 3\r\n"},
    {ROW, "[s]\none = 1\ntwo = 2\r\n[t]\none = 3\n"},
    /* What may be a header, or not everywhere. */
    {ROW, "[s]\na = 1\n [t]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[r]\n [s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[r]\na = 1\r[x]\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[r]\na = 1\r \t[x]\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[r]\n\xe2\x80\x83[s]\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[r]\n\x1c[s]\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]x\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s] \none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]]\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[a][b]\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[]\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[x\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[x = y\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s\r]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\ntwo = 2\n[t]\nx = [\n  [a]\n]\none = 3\n"},
    /* Before the first one. */
    {ROW, "\xef\xbb\xbf[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "\xef\xbb\xbf# c\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "a = 1\n[s]\none = 1\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "one = 1\ntwo = 2\n[s]\n[t]\none = 3\n"},
    /* Twice. */
    {ROW, "[s]\none = 1\n[s]\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\none = 2\ntwo = 2\n[t]\none = 3\n"},
    {ROW, "[s]\none = 1\ntwo = 2\none : 2\n[t]\none = 3\n"},
};

/* As it comes from a file, at first up to `cut`; each piece ends where the memory does. */
static enum ini_quick_state read_in_pieces(const char *text, size_t length, size_t cut,
                                           const struct ini_wanted *options, size_t count,
                                           struct ini *ini)
{
    struct ini_quick quick = {.wanted = options, .count = count, .ini = ini};
    const size_t ends[] = {cut, length};
    size_t taken = 0;
    foreach(end, ends) {
        size_t piece = *end - taken;
        char *copy = test_malloc(piece + 1);
        memcpy(copy + 1, text + taken, piece);
        taken += ini_quick_feed(&quick, copy + 1, piece);
        test_free(copy);
    }
    ini_quick_end(&quick, length - taken);
    assert_int_not_equal(quick.state, INI_QUICK_MORE);
    return quick.state;
}

/* What was found quickly, and nothing else, is in both. */
static bool is_same(const struct ini *quick, const struct ini *whole,
                    const struct ini_wanted *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct ini_option *own = ini_find(quick, options[i].section, options[i].name);
        const struct ini_option *other = ini_find(whole, options[i].section, options[i].name);
        if (own ? !other || !ini_section(quick, options[i].section) ||
                      strcmp(ini_value(quick, own), ini_value(whole, other)) != 0
                : other || ini_find(whole, "DEFAULT", options[i].name))
            return false;
    }
    return quick->option_count <= count && !ini_section(quick, "r");
}

static void finds_what_is_beyond_doubt_wherever_the_text_is_cut(void **state)
{
    (void)state;
    foreach(row, plain) {
        struct error err = {0};
        _cleanup_ini_ struct ini whole = {0};
        size_t length = strlen(row->text);
        if (ini_read(row->text, length, &whole, &err) < 0)
            fail_row(row, "%s", err.message);
        for (size_t cut = 0; cut <= length; cut++) {
            _cleanup_ini_ struct ini ini = {0};
            if (read_in_pieces(row->text, length, cut, wanted, COUNT(wanted), &ini) !=
                INI_QUICK_FOUND)
                fail_row(row, "cut at %zu: is in doubt", cut);
            if (!is_same(&ini, &whole, wanted, COUNT(wanted)) || ini.option_count < COUNT(wanted))
                fail_row(row, "cut at %zu: has something else", cut);
        }
    }
}

static void is_sure_of_what_is_not_there_wherever_the_text_is_cut(void **state)
{
    (void)state;
    foreach(text, absent) {
        struct error err = {0};
        _cleanup_ini_ struct ini whole = {0};
        size_t length = strlen(*text);
        assert_int_equal(ini_read(*text, length, &whole, &err), 0);
        for (size_t cut = 0; cut <= length; cut++) {
            _cleanup_ini_ struct ini ini = {0};
            if (read_in_pieces(*text, length, cut, wanted, COUNT(wanted), &ini) !=
                    INI_QUICK_FOUND ||
                !is_same(&ini, &whole, wanted, COUNT(wanted)) || ini.option_count == COUNT(wanted))
                fail_msg("cut at %zu: %s", cut, *text);
        }
    }
}

static void doubts_what_could_be_read_in_another_way_wherever_the_text_is_cut(void **state)
{
    (void)state;
    foreach(row, doubtful) {
        size_t length = strlen(row->text);
        for (size_t cut = 0; cut <= length; cut++) {
            _cleanup_ini_ struct ini ini = {0};
            if (read_in_pieces(row->text, length, cut, wanted, COUNT(wanted), &ini) !=
                INI_QUICK_DOUBT)
                fail_row(row, "cut at %zu: was found", cut);
        }
    }
}

static void takes_no_line_that_is_not_whole(void **state)
{
    (void)state;
    struct ini ini = {0};
    struct ini_quick quick = {.wanted = wanted, .count = COUNT(wanted), .ini = &ini};
    assert_int_equal(ini_quick_feed(&quick, "", 0), 0);
    assert_int_equal(ini_quick_feed(&quick, "[s", 2), 0);
    assert_int_equal(ini_quick_feed(&quick, "[s]\nk = ", 8), 4);
    assert_int_equal(quick.state, INI_QUICK_MORE);
    assert_int_equal(ini.option_count, 0);
    ini_free_document(&ini);
}

/* A line that is likely to be right, and sometimes anything. */
static size_t add_line(char *text, unsigned *seed)
{
    static const char *const lines[] = {
        "[s]\n",
        "[t]\n",
        "[r]\n",
        "[DEFAULT]\n",
        "one = 1\n",
        "two = 2\n",
        "one = v\n",
        "two: w\n",
        "one=x\n",
        "a = 1\n",
        "b = [r]\n",
        "# c\n",
        "# [s]\n",
        "\n",
        "# a long one, as there are many of them in it, = [x]\n",
        "ab = 17\n",
        "two_cmd = 3\n",
    };
    static const char *const odd[] = {
        "  2\n",         " [s]\n",
        "[s] \n",        " one = 9\n",
        "\xc2\xa0x\n",   "# c\r  2\n",
        "\r\n",          "one = 1\r\n",
        "a = 1\r[r]\n",  "  # c\n",
        " \n",           "[x = y\n",
        "\t[t]\n",       "x\n",
        "one\t= 1\n",    "one = \xc3\xa9\n",
        "\xef\xbb\xbf",  "a = 1\n\n\n  3\n",
        "[\xc3\xa9]\n",  "\x1cone = 1\n",
        "one = 1\x0b\n", "\r  one = 1\n",
    };
    bool is_odd = rand_r(seed) % 12 == 0;
    const char *line = is_odd ? odd[(size_t)rand_r(seed) % COUNT(odd)]
                              : lines[(size_t)rand_r(seed) % COUNT(lines)];
    memcpy(text, line, strlen(line));
    return strlen(line);
}

static void is_never_sure_of_what_the_whole_reading_does_not_give(void **state)
{
    (void)state;
    enum { TEXTS = 60000, LINES = 24 };
    int found = 0;
    int compared = 0;
    int doubted = 0;
    for (unsigned seed = 1; seed <= TEXTS; seed++) {
        char text[LINES * 64];
        unsigned random = seed;
        size_t length = (size_t)sprintf(text, "[s]\none = 1\n");
        if (seed % 3 == 0)
            length = 0;
        for (int i = rand_r(&random) % LINES; i > 0; i--)
            length += add_line(text + length, &random);
        struct error err = {0};
        _cleanup_ini_ struct ini ini = {0};
        _cleanup_ini_ struct ini whole = {0};
        size_t count = seed % 2 + 1;
        size_t cut = (size_t)rand_r(&random) % (length + 1);
        bool is_right = ini_read(text, length, &whole, &err) == 0;
        if (read_in_pieces(text, length, cut, wanted, count, &ini) != INI_QUICK_FOUND) {
            doubted++;
            continue;
        }
        found++;
        compared += is_right;
        if (is_right && !is_same(&ini, &whole, wanted, count))
            fail_msg("seed %u, cut at %zu: %s", seed, cut, text);
    }
    assert_true(found > TEXTS / 20);
    assert_true(compared > TEXTS / 40);
    assert_true(doubted > TEXTS / 20);
}

/* The options of Airflow's own file, and the file with bytes of it exchanged. */
static void finds_in_airflows_own_file_what_the_whole_reading_finds(void **state)
{
    (void)state;
    enum { MOST = 256 * 1024, CHANGES = 300 };
    static const struct ini_wanted options[] = {{"core", "fernet_key"},
                                                {"webserver", "secret_key"},
                                                {"openlineage", "transport"},
                                                {"api", "secret_key"}};
    const char *data = getenv("FERNIT_TEST_DATA");
    char path[4096];
    snprintf(path, sizeof path, "%s/airflow-cfg/2.10.5.cfg", data ? data : "/nonexistent");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        skip();
    char *text = test_malloc(MOST);
    ssize_t length = read(fd, text, MOST);
    close(fd);
    assert_in_range(length, 50 * 1000, MOST - 1);

    unsigned seed = 1;
    int found = 0;
    for (int i = 0; i < CHANGES; i++) {
        static const char bytes[] = "\n\r []=#\xc2k";
        struct error err = {0};
        _cleanup_ini_ struct ini ini = {0};
        _cleanup_ini_ struct ini whole = {0};
        size_t at = (size_t)rand_r(&seed) % (size_t)length;
        char was = text[at];
        if (i > 0)
            text[at] = bytes[(size_t)rand_r(&seed) % (sizeof bytes - 1)];
        enum ini_quick_state read =
            read_in_pieces(text, (size_t)length, at, options, COUNT(options), &ini);
        bool is_right = ini_read(text, (size_t)length, &whole, &err) == 0;
        if (i == 0 && (read != INI_QUICK_FOUND || !is_right))
            fail_msg("it is in doubt");
        if (read == INI_QUICK_FOUND && is_right && !is_same(&ini, &whole, options, COUNT(options)))
            fail_msg("with 0x%02x at %zu there is something else", (unsigned char)text[at], at);
        found += read == INI_QUICK_FOUND && is_right;
        text[at] = was;
    }
    assert_true(found > CHANGES / 2);
    test_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_beyond_doubt_wherever_the_text_is_cut),
        cmocka_unit_test(is_sure_of_what_is_not_there_wherever_the_text_is_cut),
        cmocka_unit_test(doubts_what_could_be_read_in_another_way_wherever_the_text_is_cut),
        cmocka_unit_test(takes_no_line_that_is_not_whole),
        cmocka_unit_test(is_never_sure_of_what_the_whole_reading_does_not_give),
        cmocka_unit_test(finds_in_airflows_own_file_what_the_whole_reading_finds),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
