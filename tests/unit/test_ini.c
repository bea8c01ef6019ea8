/* Expectations are Python's: what configparser.ConfigParser reads, or the line at which it refuses. */
#include "base/ini.h"

#include <stdio.h>

#include "table.h"

/* Sections and options in the order of the file: "core|x", "core.a=1@2|x.b=3@4". */
static const struct {
    int line;
    const char *text;
    const char *sections;
    const char *options;
} right[] = {
    {ROW, "[core]\n", "core", ""},
    {ROW, "[core]", "core", ""},
    {ROW, "[core]\na = b\n", "core", "core.a=b@2"},
    {ROW, "[core]\na = b", "core", "core.a=b@2"},
    {ROW, "[core]\na=b\nc:d\n", "core", "core.a=b@2|core.c=d@3"},
    {ROW, "[core]\na = b = c : d\n", "core", "core.a=b = c : d@2"},
    {ROW, "[core]\na : b = c\n", "core", "core.a=b = c@2"},
    {ROW, "[core]\na =\n", "core", "core.a=@2"},
    {ROW, "[core]\na =    \nb = 1\n", "core", "core.a=@2|core.b=1@3"},
    {ROW, "[core]\n  a  =  b  \n", "core", "core.a=b@2"},
    {ROW, "[core]\na b c = d e\n", "core", "core.a b c=d e@2"},
    {ROW, "[core]\na = \"b\"\n", "core", "core.a=\"b\"@2"},
    {ROW, "[core]\na = b # c ; d\n", "core", "core.a=b # c ; d@2"},
    {ROW, "[core]\na = # b\n", "core", "core.a=# b@2"},
    {ROW, "[core]\n# a = 1\n; b = 2\n  # c = 3\nd = 4\n", "core", "core.d=4@5"},
    {ROW, "# first\n\n[core]\na = 1\n", "core", "core.a=1@4"},
    {ROW, "   # first\n\n   \n[core]\na = 1\n", "core", "core.a=1@5"},
    {ROW, "[core]\nfernet_key = 1\nFERNET_KEY = 2\n# fernet_key = 3\n", "core",
     "core.fernet_key=1@2|core.FERNET_KEY=2@3"},
    {ROW, "[core]\nFernet_Key = 1\n", "core", "core.Fernet_Key=1@2"},
    {ROW, "[core]\na = 1\n[CORE]\na = 2\n[ core ]\na = 3\n", "core|CORE| core ",
     "core.a=1@2|CORE.a=2@4| core .a=3@6"},
    {ROW, "[core]trailing\na = 1\n", "core", "core.a=1@2"},
    {ROW, "[core] ; c\na = 1\n", "core", "core.a=1@2"},
    {ROW, "[core]a = 1\nb = 2\n", "core", "core.b=2@2"},
    {ROW, "  [core]\na = 1\n", "core", "core.a=1@2"},
    {ROW, "[a b/c:d=e]\nf = 1\n", "a b/c:d=e", "a b/c:d=e.f=1@2"},
    {ROW, "[DEFAULT]\na = 1\n[core]\nb = 2\n", "core", "DEFAULT.a=1@2|core.b=2@4"},
    {ROW, "[core]\na = 1\n[DEFAULT]\nb = 2\n[x]\nc = 3\n[DEFAULT]\nd = 4\n", "core|x",
     "core.a=1@2|DEFAULT.b=2@4|x.c=3@6|DEFAULT.d=4@8"},
    {ROW, "[core]\n[empty]\n[x]\na = 1\n", "core|empty|x", "x.a=1@4"},
    {ROW, "[core]\na = 1\n  2\n\t3\n", "core", "core.a=1\n2\n3@2"},
    {ROW, "[core]\na =\n  1\n  2\n", "core", "core.a=\n1\n2@2"},
    {ROW, "[core]\na = 1\n  b = 2\n", "core", "core.a=1\nb = 2@2"},
    {ROW, "[core]\na = 1\n  [x]\n  = 2\n", "core", "core.a=1\n[x]\n= 2@2"},
    {ROW, "[core]\na = 1\n  # no\n  2\n# no\n  3\nb = 4\n", "core", "core.a=1\n2\n3@2|core.b=4@7"},
    {ROW, "[core]\na = 1\n\n  2\n\n\n  3\n\nb = 4\n", "core", "core.a=1\n\n2\n\n\n3@2|core.b=4@9"},
    {ROW, "[core]\na = 1\n# c\n\n# c\n  2\n", "core", "core.a=1\n\n2@2"},
    {ROW, "[core]\n  a = 1\n  b = 2\n    3\n  c = 4\nd = 5\n", "core",
     "core.a=1@2|core.b=2\n3@3|core.c=4@5|core.d=5@6"},
    {ROW, "[core]\n  a = 1\n b = 2\n", "core", "core.a=1@2|core.b=2@3"},
    {ROW, "[core]\n\ta = 1\n  b = 2\n", "core", "core.a=1\nb = 2@2"},
    {ROW, "[core]\na = 1\n[x]\n  b = 2\n    c\n", "core|x", "core.a=1@2|x.b=2\nc@4"},
    {ROW, "[core]\n\n    a = 1\n", "core", "core.a=1@3"},
    {ROW, "[core]\r\na = 1\r\n  2\r\nb = 3\r\n", "core", "core.a=1\n2@2|core.b=3@4"},
    {ROW, "[core]\ra = 1\r  2\rb = 3\r", "core", "core.a=1\n2@2|core.b=3@4"},
    {ROW, "[core]\na = 1\r\n\r\n  2\rb = 3\n\rc = 4\n", "core",
     "core.a=1\n\n2@2|core.b=3@5|core.c=4@7"},
    {ROW, "[core]\n\343\200\200a\302\240=\342\200\203b\342\200\250\n\343\200\200\343\200\200c\n",
     "core", "core.a=b\nc@2"},
    {ROW, "[core]\na = 1\n\302\2402\n", "core", "core.a=1\n2@2"},
    {ROW, "[core]\na\v=\f1\034\n", "core", "core.a=1@2"},
    {ROW, "[core]\na = 1\v2\f3\0344\302\2055\342\200\2506\n", "core",
     "core.a=1\v2\f3\0344\302\2055\342\200\2506@2"},
    {ROW, "[core]\n\303\251 = \303\274\n", "core", "core.\303\251=\303\274@2"},
    {ROW, "[core]\na = %(b)s %% $c\nb = 1\n", "core", "core.a=%(b)s %% $c@2|core.b=1@3"},
    {ROW, "[core]\na = [b]\n", "core", "core.a=[b]@2"},
    {ROW, "[core]\n- = 1\n* : 2\n", "core", "core.-=1@2|core.*=2@3"},
    {ROW, "[core]\na\t=\t1\n", "core", "core.a=1@2"},
    {ROW, "[core]\na = ,,,\n  ,\n", "core", "core.a=,,,\n,@2"},
    {ROW, "", "", ""},
    {ROW, "\n", "", ""},
    {ROW, "# only a comment", "", ""},
    {ROW, "  \n\t\n", "", ""},
};

static const struct {
    int line;
    const char *text;
    const char *where;
    const char *says;
} wrong[] = {
    {ROW, "a = 1\n", "line 1: ", "before the first"},
    {ROW, "a = 1\n[core]\nb = 2\n", "line 1: ", "before the first"},
    {ROW, "# c\n\n  a = 1\n", "line 3: ", "before the first"},
    {ROW, "core]\na = 1\n", "line 1: ", "before the first"},
    {ROW, "[core]\na\n", "line 2: ", "no \"=\" or \":\""},
    {ROW, "[core]\na", "line 2: ", "no \"=\" or \":\""},
    {ROW, "[core]\na = 1\nb\nc = 3\n", "line 3: ", "no \"=\" or \":\""},
    {ROW, "[core]\n  a\n", "line 2: ", "no \"=\" or \":\""},
    {ROW, "[core]\na = {\n  b\n}\n", "line 4: ", "no \"=\" or \":\""},
    {ROW, "[core]\n# c\n\n; c\n<html>\n", "line 5: ", "no \"=\" or \":\""},
    {ROW, "[core]\r\na = 1\r\nb\r\n", "line 3: ", "no \"=\" or \":\""},
    {ROW, "[core]\ra = 1\rb\r", "line 3: ", "no \"=\" or \":\""},
    {ROW, "[core]\na = 1\n[x]\n  2\n", "line 4: ", "no \"=\" or \":\""},
    {ROW, "[core]\n= 1\n", "line 2: ", "no name"},
    {ROW, "[core]\n: 1\n", "line 2: ", "no name"},
    {ROW, "[core]\n  =\n", "line 2: ", "no name"},
    {ROW, "[core]\na = 1\n=\n", "line 3: ", "no name"},
    {ROW, "[core]\na = 1\na = 1\n", "line 3: ", "this option was already in line"},
    {ROW, "[core]\na = 1\nb = 2\n  3\na : 4\nc = 5\n",
     "line 5: ", "this option was already in line"},
    {ROW, "[core]\na = 1\na\302\240= 2\n", "line 3: ", "this option was already in line"},
    {ROW, "[core]\nfernet_key = 1\n[x]\ny = 2\n[z]\nfernet_key = 3\nfernet_key =\n",
     "line 7: ", "this option was already in line"},
    {ROW, "[DEFAULT]\na = 1\n[core]\n[DEFAULT]\na = 2\n",
     "line 5: ", "this option was already in line"},
    {ROW, "[core]\na = 1\n[core]\nb = 2\n", "line 3: ", "this section was already in line"},
    {ROW, "[core]\n[core]\n", "line 2: ", "this section was already in line"},
    {ROW, "[core]\n[x]\n[core]trailing\n", "line 3: ", "this section was already in line"},
    {ROW, "[a]\n[b]\n[c]\n\n[b]\n", "line 5: ", "this section was already in line"},
    {ROW, "\357\273\277[core]\na = 1\n", "line 1: ", "byte order mark"},
    {ROW, "\357\273\277", "line 1: ", "byte order mark"},
    {ROW, "[core\n", "line 1: ", "\"[\""},
    {ROW, "[]\n", "line 1: ", "without a name"},
    {ROW, "[core]\n[]\n", "line 2: ", "without a name"},
    {ROW, "[core]\n[\n", "line 2: ", "\"[\""},
};

/* What configparser reads, in a way that no Airflow means, or not always in the same way. */
static const struct {
    int line;
    const char *text;
    const char *where;
} refused_besides[] = {
    {ROW, "[a]b]\n", "line 1: "},
    {ROW, "[core]\na = 1\n[x] = [y]\n", "line 3: "},
    {ROW, "[core]\n[a = 1\n", "line 2: "},
    {ROW, "[core]\n[]a = 1\n", "line 2: "},
};

static size_t add(char *text, size_t size, size_t length, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static size_t add(char *text, size_t size, size_t length, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int more = vsnprintf(text + length, size - length, format, values);
    va_end(values);
    return length + (size_t)more < size ? length + (size_t)more : size - 1;
}

static const char *sections_of(const struct ini *ini)
{
    static char text[1024];
    size_t length = 0;
    *text = '\0';
    for (size_t i = 0; i < ini->section_count; i++)
        length = add(text, sizeof text, length, "%s%.*s", i ? "|" : "",
                     (int)ini->sections[i].name.length, ini->sections[i].name.start);
    return text;
}

static const char *options_of(const struct ini *ini)
{
    static char text[1024];
    size_t length = 0;
    *text = '\0';
    for (size_t i = 0; i < ini->option_count; i++) {
        const struct ini_option *option = &ini->options[i];
        length = add(text, sizeof text, length, "%s%.*s.%.*s=%s@%zu", i ? "|" : "",
                     (int)option->section.length, option->section.start, (int)option->name.length,
                     option->name.start, ini_value(ini, option), option->line);
    }
    return text;
}

/* A copy of exactly this size, so that the sanitizer sees a read behind it. */
static char *exact(const char *text, size_t length)
{
    char *copy = test_malloc(length ? length : 1);
    memcpy(copy, text, length);
    return copy;
}

static void reads_as_configparser_does(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        _cleanup_ini_ struct ini ini = {0};
        char *text = exact(row->text, strlen(row->text));
        if (ini_read(text, strlen(row->text), &ini, &err) != 0)
            fail_row(row, "refused: %s", err.message);
        if (strcmp(sections_of(&ini), row->sections) != 0)
            fail_row(row, "sections: %s", sections_of(&ini));
        if (strcmp(options_of(&ini), row->options) != 0)
            fail_row(row, "options: %s", options_of(&ini));
        test_free(text);
    }
}

static void refuses_what_configparser_refuses_and_says_where(void **state)
{
    (void)state;
    foreach(row, wrong) {
        struct error err = {0};
        struct ini ini = {0};
        char *text = exact(row->text, strlen(row->text));
        if (ini_read(text, strlen(row->text), &ini, &err) != -1 || ini.options || ini.sections ||
            ini.values.bytes)
            fail_row(row, "was read");
        if (!error_says(&err, ERROR_INPUT, row->says) ||
            strncmp(err.message, row->where, strlen(row->where)) != 0)
            fail_row(row, "says %s", err.message);
        test_free(text);
    }
}

static void refuses_what_could_be_read_in_two_ways(void **state)
{
    (void)state;
    foreach(row, refused_besides) {
        struct error err = {0};
        struct ini ini = {0};
        if (ini_read(row->text, strlen(row->text), &ini, &err) != -1 ||
            !error_says(&err, ERROR_INPUT, row->where))
            fail_row(row, "says %s", err.message);
    }
}

static void refuses_nul_bytes_in_what_counts(void **state)
{
    (void)state;
    static const char text[] = "[core]\na = b\n  c\nd = e\n";
    for (size_t i = 0; i < sizeof text - 1; i++) {
        struct error err = {0};
        struct ini ini = {0};
        char *copy = exact(text, sizeof text - 1);
        copy[i] = '\0';
        if (ini_read(copy, sizeof text - 1, &ini, &err) != -1 || err.kind != ERROR_INPUT)
            fail_msg("at %zu: was read", i);
        test_free(copy);
    }
}

static void names_and_values_may_have_any_length(void **state)
{
    (void)state;
    enum { LONG = 100 * 1000 };
    struct error err = {0};
    char *name = test_malloc(LONG + 1);
    memset(name, 'n', LONG);
    name[LONG] = '\0';
    size_t size = 6 * LONG + 64;
    char *text = test_malloc(size);

    /* Names that differ only behind inih's 49 bytes are different names. */
    snprintf(text, size, "[%s]\n%s = %s\n  %s\n%sx = 1\n[%sx]\n", name, name, name, name, name,
             name);
    {
        _cleanup_ini_ struct ini ini = {0};
        assert_int_equal(ini_read(text, strlen(text), &ini, &err), 0);
        assert_int_equal(ini.section_count, 2);
        assert_int_equal(ini.option_count, 2);
        const struct ini_option *option = ini_find(&ini, name, name);
        assert_non_null(option);
        assert_int_equal(option->name.length, LONG);
        assert_int_equal(strlen(ini_value(&ini, option)), 2 * LONG + 1);
        assert_int_equal(ini_value(&ini, option)[LONG], '\n');
        assert_int_equal(ini.options[1].line, 4);
    }
    test_free(text);
    test_free(name);
}

static void many_options_keep_their_order(void **state)
{
    (void)state;
    enum { MANY = 10000, ROOM = 24 };
    struct error err = {0};
    char *text = test_malloc((size_t)MANY * ROOM);
    size_t length = 0;
    for (int i = 0; i < MANY; i++) {
        if (i % 100 == 0)
            length += (size_t)sprintf(text + length, "[s%d]\n", i);
        length += (size_t)sprintf(text + length, "o%d = %d\n", i, i);
    }
    {
        _cleanup_ini_ struct ini ini = {0};
        assert_int_equal(ini_read(text, length, &ini, &err), 0);
        assert_int_equal(ini.option_count, MANY);
        assert_int_equal(ini.section_count, MANY / 100);
        for (int i = 0; i < MANY; i++) {
            char name[ROOM];
            sprintf(name, "o%d", i);
            if (!span_is(ini.options[i].name, name) ||
                strcmp(ini_value(&ini, &ini.options[i]), name + 1) != 0)
                fail_msg("option %d is not where it was", i);
        }
    }
    length += (size_t)sprintf(text + length, "o9901 = again\n");
    struct ini ini = {0};
    assert_int_equal(ini_read(text, length, &ini, &err), -1);
    assert_true(error_says(&err, ERROR_INPUT, "line 10101: this option was already in line"));
    test_free(text);
}

static void an_option_spans_its_lines_and_the_comments_between(void **state)
{
    (void)state;
    static const char text[] = "[core]\n"
                               "a = 1\n"
                               "  b = 2\n"
                               "    3\n"
                               "  # c\n"
                               "\n"
                               "    4\n"
                               "\n"
                               "# d\n"
                               "e = 5";
    static const struct {
        int line;
        const char *name;
        const char *span;
    } table[] = {
        {ROW, "a", "a = 1\n  b = 2\n    3\n  # c\n\n    4\n"},
        {ROW, "e", "e = 5"},
    };
    struct error err = {0};
    _cleanup_ini_ struct ini ini = {0};
    assert_int_equal(ini_read(text, strlen(text), &ini, &err), 0);
    foreach(row, table) {
        const struct ini_option *option = ini_find(&ini, "core", row->name);
        assert_non_null(option);
        if (option->end - option->start != strlen(row->span) ||
            memcmp(text + option->start, row->span, strlen(row->span)) != 0)
            fail_row(row, "spans %.*s", (int)(option->end - option->start), text + option->start);
    }
}

static void finds_exactly_what_is_asked_for(void **state)
{
    (void)state;
    static const char text[] = "[DEFAULT]\nd = 0\n[core]\nkey = 1\nkey_cmd = 2\nKEY = 3\n[x]\n"
                               "key = 4\n[empty]\n";
    static const struct {
        const char *section;
        const char *name;
        const char *value;
    } table[] = {
        {"core", "key", "1"}, {"core", "key_cmd", "2"}, {"core", "KEY", "3"},
        {"x", "key", "4"},    {"DEFAULT", "d", "0"},    {"core", "d", NULL},
        {"core", "ke", NULL}, {"core", "key ", NULL},   {"Core", "key", NULL},
        {"cor", "key", NULL}, {"empty", "key", NULL},   {"no", "key", NULL},
        {"", "", NULL},       {"x", "KEY", NULL},
    };
    struct error err = {0};
    _cleanup_ini_ struct ini ini = {0};
    assert_int_equal(ini_read(text, strlen(text), &ini, &err), 0);
    foreach(row, table) {
        const struct ini_option *option = ini_find(&ini, row->section, row->name);
        if (!same_text(option ? ini_value(&ini, option) : NULL, row->value))
            fail_msg("[%s] %s: %s", row->section, row->name, option ? "found" : "not found");
    }
    assert_non_null(ini_section(&ini, "core"));
    assert_non_null(ini_section(&ini, "empty"));
    assert_null(ini_section(&ini, "DEFAULT"));
    assert_null(ini_section(&ini, "cor"));
    assert_null(ini_section(&ini, "CORE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_as_configparser_does),
        cmocka_unit_test(refuses_what_configparser_refuses_and_says_where),
        cmocka_unit_test(refuses_what_could_be_read_in_two_ways),
        cmocka_unit_test(refuses_nul_bytes_in_what_counts),
        cmocka_unit_test(names_and_values_may_have_any_length),
        cmocka_unit_test(many_options_keep_their_order),
        cmocka_unit_test(an_option_spans_its_lines_and_the_comments_between),
        cmocka_unit_test(finds_exactly_what_is_asked_for),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
