#include "base/json.h"

#include <limits.h>

#include "table.h"

enum { ROOM = 64 };

static void a_string_is_written_as_rfc_8259_has_it(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *given;
        const char *text;
    } table[] = {
        {ROW, "", "\"\""},
        {ROW, "text", "\"text\""},
        {ROW, "say \"x\"", "\"say \\\"x\\\"\""},
        {ROW, "C:\\x\\", "\"C:\\\\x\\\\\""},
        {ROW, "/a/b", "\"/a/b\""},

        /* Whatever could end a line, in whoever reads it, or steer a terminal. */
        {ROW, "a\nb", "\"a\\u000ab\""},
        {ROW, "\t\r\x01\x1b[2J", "\"\\u0009\\u000d\\u0001\\u001b[2J\""},
        {ROW, "\x1f \x7e\x7f", "\"\\u001f ~\\u007f\""},
        {ROW, "\xc2\x80\xc2\x85\xc2\x9f", "\"\\u0080\\u0085\\u009f\""},
        {ROW, "\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\""},

        /* UTF-8 stays: the first and the last of each length, and beside the surrogates. */
        {ROW, "\xc2\xa0\xdf\xbf", "\"\xc2\xa0\xdf\xbf\""},
        {ROW, "\xe0\xa0\x80\xef\xbf\xbf", "\"\xe0\xa0\x80\xef\xbf\xbf\""},
        {ROW, "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""},
        {ROW, "\xed\x9f\xbf\xee\x80\x80", "\"\xed\x9f\xbf\xee\x80\x80\""},
        {ROW, "\xe2\x80\xa7\xe2\x80\xb0", "\"\xe2\x80\xa7\xe2\x80\xb0\""},

        /* What is none. */
        {ROW, "\x80", "\"?\""},
        {ROW, "\xbf\xbf", "\"??\""},
        {ROW, "\xff\xfe", "\"??\""},
        {ROW, "a\xc3", "\"a?\""},
        {ROW, "\xc3(", "\"?(\""},
        {ROW, "\xe2\x82", "\"??\""},
        {ROW, "\xe2\x82\"", "\"??\\\"\""},
        {ROW, "\xf0\x9f\x98", "\"???\""},
        {ROW, "\xf8\x88\x80\x80\x80", "\"?????\""},
        /* Overlong, as which a quote, a slash and an end of line have been smuggled in. */
        {ROW, "\xc0\xa2", "\"??\""},
        {ROW, "\xc1\x9c", "\"??\""},
        {ROW, "\xe0\x80\xa2", "\"???\""},
        {ROW, "\xe0\x9f\xbf", "\"???\""},
        {ROW, "\xf0\x80\x80\x8a", "\"????\""},
        {ROW, "\xf0\x8f\xbf\xbf", "\"????\""},
        /* Surrogates, and what is behind the last. */
        {ROW, "\xed\xa0\x80", "\"???\""},
        {ROW, "\xed\xbf\xbf", "\"???\""},
        {ROW, "\xf4\x90\x80\x80", "\"????\""},
        {ROW, "\xf5\x80\x80\x80", "\"????\""},
    };
    foreach(row, table) {
        char text[ROOM];
        size_t length = json_string(row->given, text, sizeof text);
        if (strcmp(text, row->text) != 0 || length != strlen(row->text))
            fail_row(row, "got %zu: %s", length, text);
    }
}

/* The bars behind the room that it has must not be touched. */
static void what_does_not_fit_is_cut_between_two_characters(void **state)
{
    (void)state;
    static const char *const whole[] = {
        "plain text",
        "\n\n\n\n",
        "\"\\\"\\",
        "\xc3\xa9\xc3\xa9\xc3\xa9",
        "\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
        "\xff\xff\xff",
    };
    foreach(given, whole) {
        char all[ROOM];
        size_t needed = json_string(*given, all, sizeof all);
        for (size_t size = 3; size <= needed + 1; size++) {
            char text[ROOM];
            memset(text, '|', sizeof text);
            size_t length = json_string(*given, text, size);
            const char *body = text + 1;
            if (length >= size || text[length] != '\0' || text[size] != '|' || *text != '"' ||
                text[length - 1] != '"')
                fail_msg("%s in %zu bytes: %s", all, size, text);
            if (strncmp(body, all + 1, length - 2) != 0)
                fail_msg("%s in %zu bytes begins otherwise: %s", all, size, text);
            /* The next one is an escape of six, or a sequence of four bytes, at the most. */
            if (size <= needed && size - 1 - length >= 6)
                fail_msg("%s in %zu bytes is cut too soon: %s", all, size, text);
            for (size_t at = 1; at < length - 1;) {
                size_t width = text[at] == '\\'                  ? (text[at + 1] == 'u' ? 6 : 2)
                               : (unsigned char)text[at] >= 0xf0 ? 4
                               : (unsigned char)text[at] >= 0xc0 ? 2
                                                                 : 1;
                at += width;
                if (at > length - 1)
                    fail_msg("%s in %zu bytes is cut within one: %s", all, size, text);
            }
        }
    }
}

static void every_byte_finds_room(void **state)
{
    (void)state;
    char given[UCHAR_MAX + 1];
    char text[JSON_STRING(UCHAR_MAX)];
    for (int c = 1; c <= UCHAR_MAX; c++) {
        memset(given, c, UCHAR_MAX);
        given[UCHAR_MAX] = '\0';
        size_t length = json_string(given, text, sizeof text);
        if ((length - 2) % UCHAR_MAX != 0 || strlen(text) != length)
            fail_msg("%d: %zu", c, length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_is_written_as_rfc_8259_has_it),
        cmocka_unit_test(what_does_not_fit_is_cut_between_two_characters),
        cmocka_unit_test(every_byte_finds_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
