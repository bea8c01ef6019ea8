#include "base/lines.h"

#include "table.h"

/* Every character for which Python's str.isspace() is true. */
static const unsigned blanks[] = {
    0x09,   0x0a,   0x0b,   0x0c,   0x0d,   0x1c,   0x1d,   0x1e,   0x1f,   0x20,
    0x85,   0xa0,   0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006,
    0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
};

static size_t utf8(unsigned character, char bytes[4])
{
    static const unsigned char heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t length = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, character >>= 6)
        bytes[i] = (char)(0x80 | (character & 0x3f));
    bytes[0] = (char)(heads[length] | character);
    return length;
}

static void knows_every_blank_of_python_and_no_other(void **state)
{
    (void)state;
    const unsigned *next = blanks;
    for (unsigned character = 1; character <= 0x10ffff; character++) {
        char bytes[4];
        size_t length = utf8(character, bytes);
        bool is_blank = next < blanks + COUNT(blanks) && character == *next;
        next += is_blank;
        if (line_blank(bytes, bytes + length) != (is_blank ? length : 0))
            fail_msg("U+%04X", character);
    }
    assert_ptr_equal(next, blanks + COUNT(blanks));
}

static void half_a_blank_is_none(void **state)
{
    (void)state;
    static const char wide[] = "\xe3\x80\x80";
    assert_int_equal(line_blank(wide, wide), 0);
    assert_int_equal(line_blank(wide, wide + 1), 0);
    assert_int_equal(line_blank(wide, wide + 2), 0);
    assert_int_equal(line_blank(wide, wide + 3), 3);
    assert_int_equal(line_blank(wide + 1, wide + 3), 0);
}

static void trims_both_ends(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *trimmed;
    } table[] = {
        {"", ""},
        {"a", "a"},
        {" ", ""},
        {" \t\r\n\v\f", ""},
        {"  a b\t", "a b"},
        {"\xc2\xa0"
         "a\xe3\x80\x80",
         "a"},
        {"\xe3\x80\x80\xc2\x85 \xe2\x80\xa8", ""},
        {"\x1c"
         "a\x1f",
         "a"},
        {"\x1b"
         "a\x1b",
         "\x1b"
         "a\x1b"},
        {"\xe2\x80\x8b"
         "a",
         "\xe2\x80\x8b"
         "a"},
        {"a\xef\xbb\xbf", "a\xef\xbb\xbf"},
        {"\xc3\xa9 \xc3\xa9", "\xc3\xa9 \xc3\xa9"},
        {"\xa0"
         "a\x80",
         "\xa0"
         "a\x80"},
    };
    foreach(row, table) {
        struct span got = line_trim(row->text, row->text + strlen(row->text));
        if (!span_is(got, row->trimmed))
            fail_msg("\"%s\": got \"%.*s\"", row->text, (int)got.length, got.start);
    }
}

static void goes_from_line_to_line(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text;
        const char *lines[6];
    } table[] = {
        {ROW, "", {NULL}},
        {ROW, "a", {"a"}},
        {ROW, "a\n", {"a"}},
        {ROW, "\n", {""}},
        {ROW, "a\nb", {"a", "b"}},
        {ROW, "a\n\nb\n", {"a", "", "b"}},
        {ROW, "a\r\nb\r\n", {"a", "b"}},
        {ROW, "a\rb\r", {"a", "b"}},
        {ROW, "a\n\rb\n", {"a", "", "b"}},
        {ROW, "a\r\r\nb", {"a", "", "b"}},
        {ROW, "a\r\n\r\nb\r", {"a", "", "b"}},
        {ROW, "\r", {""}},
        {ROW, "\r\n", {""}},
        {ROW, "\n\r", {"", ""}},
        {ROW, "  a  \n\t\n b", {"a", "", "b"}},
        {ROW,
         "a\vb\fc\x1c"
         "d\xc2\x85"
         "e\xe2\x80\xa8"
         "f\ng",
         {"a\vb\fc\x1c"
          "d\xc2\x85"
          "e\xe2\x80\xa8"
          "f",
          "g"}},
    };
    foreach(row, table) {
        size_t length = strlen(row->text);
        char *text = test_malloc(length + 1);
        memcpy(text, row->text, length);
        struct lines lines = lines_of(text, length);
        struct span whole = {0};
        struct span content = {0};
        const char *next = text;
        const char *const *expected = row->lines;
        for (; *expected; expected++) {
            if (!lines_next(&lines, &whole, &content))
                fail_row(row, "ends before \"%s\"", *expected);
            if (whole.start != next || whole.length == 0 || !span_is(content, *expected))
                fail_row(row, "got \"%.*s\", not \"%s\"", (int)content.length, content.start,
                         *expected);
            next = whole.start + whole.length;
        }
        if (next != text + length || lines_next(&lines, &whole, &content))
            fail_row(row, "goes on behind \"%.*s\"", (int)whole.length, whole.start);
        test_free(text);
    }
}

static void spans_are_compared_by_length_and_bytes(void **state)
{
    (void)state;
    static const struct {
        struct span a;
        struct span b;
        bool same;
    } table[] = {
        {{"ab", 2}, {"ab", 2}, true},      {{"ab", 2}, {"abc", 2}, true},
        {{"ab", 2}, {"abc", 3}, false},    {{"ab", 1}, {"ac", 1}, true},
        {{"ab", 2}, {"aB", 2}, false},     {{"", 0}, {"x", 0}, true},
        {{"a\0b", 3}, {"a\0c", 3}, false},
    };
    foreach(row, table)
        if (span_same(row->a, row->b) != row->same || span_same(row->b, row->a) != row->same)
            fail_msg("%.*s, %.*s", (int)row->a.length, row->a.start, (int)row->b.length,
                     row->b.start);
    assert_true(span_is((struct span){"core]", 4}, "core"));
    assert_false(span_is((struct span){"core", 3}, "core"));
    assert_false(span_is((struct span){"core", 4}, "cor"));
}

static void plain_are_letters_digits_and_what_is_named_up_to_the_end(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text;
        size_t size;
        const char *others;
        size_t length;
    } table[] = {
        {ROW, "", 0, "_", 0},      {ROW, "azAZ09", 6, "", 6},  {ROW, "azAZ09", 3, "", 3},
        {ROW, "a_b-c", 5, "_", 3}, {ROW, "a_b-c", 5, "-_", 5}, {ROW, "-", 1, "", 0},
        {ROW, "a\0b", 3, "_", 1},  {ROW, "@[`{/:", 6, "", 0},  {ROW, "\xc3\xa4", 2, "_", 0},
        {ROW, "a b", 3, "_", 1},
    };
    foreach(row, table) {
        size_t length = span_plain((struct span){row->text, row->size}, row->others);
        if (length != row->length)
            fail_row(row, "\"%s\": %zu", row->text, length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_every_blank_of_python_and_no_other),
        cmocka_unit_test(half_a_blank_is_none),
        cmocka_unit_test(trims_both_ends),
        cmocka_unit_test(goes_from_line_to_line),
        cmocka_unit_test(spans_are_compared_by_length_and_bytes),
        cmocka_unit_test(plain_are_letters_digits_and_what_is_named_up_to_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
