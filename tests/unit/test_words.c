/* Expectations are Python's: shlex.split(text), 3.11. */
#include "base/words.h"

#include "table.h"

enum { WORDS_MOST = 8 };

static const struct {
    const char *text;
    const char *words[WORDS_MOST];
} right[] = {
    {"", {NULL}},
    {" ", {NULL}},
    {" \t\r\n", {NULL}},
    {"a", {"a"}},
    {"vault kv get -field=key secret/airflow",
     {"vault", "kv", "get", "-field=key", "secret/airflow"}},
    {"  a  b  ", {"a", "b"}},
    {"a\tb\rc\nd", {"a", "b", "c", "d"}},
    {"\"a b\" c", {"a b", "c"}},
    {"'a b' c", {"a b", "c"}},
    {"a\"b c\"d", {"ab cd"}},
    {"a'b c'd", {"ab cd"}},
    {"\"\"", {""}},
    {"''", {""}},
    {"a \"\" b", {"a", "", "b"}},
    {"a''b", {"ab"}},
    {"\"a\"\"b\"", {"ab"}},
    {"'it'\\''s'", {"it's"}},
    {"\"'\"", {"'"}},
    {"'\"'", {"\""}},
    {"a\\ b", {"a b"}},
    {"\\a", {"a"}},
    {"\\\\", {"\\"}},
    {"\\\"", {"\""}},
    {"\\'", {"'"}},
    {"\"a\\\"b\"", {"a\"b"}},
    {"\"a\\\\b\"", {"a\\b"}},
    {"\"a\\nb\"", {"a\\nb"}},
    {"\"a\\$b\"", {"a\\$b"}},
    {"'a\\b'", {"a\\b"}},
    {"'a\\'", {"a\\"}},
    {"\"\\'\"", {"\\'"}},
    {"a\\\nb", {"a\nb"}},
    {"\"a\\\nb\"", {"a\\\nb"}},
    {"\"a\nb\"", {"a\nb"}},
    {"a # b", {"a", "#", "b"}},
    {"#a", {"#a"}},
    {"echo $KEY ${KEY} `id` $(id)", {"echo", "$KEY", "${KEY}", "`id`", "$(id)"}},
    {"a;b|c&d>e", {"a;b|c&d>e"}},
    {"~/k *.key", {"~/k", "*.key"}},
    {"a=b", {"a=b"}},
    {"--x=\"y z\"", {"--x=y z"}},
    {"a\vb\fc", {"a\vb\fc"}},
    {"caf\xc3\xa9 \"\xc3\xbc b\"", {"caf\xc3\xa9", "\xc3\xbc b"}},
    {"a\xc2\xa0z", {"a\xc2\xa0z"}},
    {"\\\xc3\xa9", {"\xc3\xa9"}},
    {"\"\" \"\"", {"", ""}},
    {"sh -c 'cat /run/secrets/k | tr -d \"\\n\"'",
     {"sh", "-c", "cat /run/secrets/k | tr -d \"\\n\""}},
};

static const struct {
    const char *text;
    const char *says;
} wrong[] = {
    {"\"", "not closed"},       {"'", "not closed"},       {"\"a", "not closed"},
    {"'a", "not closed"},       {"a \"b", "not closed"},   {"a\"", "not closed"},
    {"it's", "not closed"},     {"\"a\\\"", "not closed"}, {"\\", "lone backslash"},
    {"a \\", "lone backslash"}, {"a\\", "lone backslash"}, {"\"a\\", "lone backslash"},
    {"\"\\", "lone backslash"}, {"'a' 'b", "not closed"},  {"\"'", "not closed"},
    {"'\"", "not closed"},      {"'a\\''", "not closed"},
};

static void splits_as_shlex_does(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        _cleanup_words_ struct words words = {0};
        if (words_split(row->text, &words, &err) != 0)
            fail_msg("\"%s\": refused: %s", row->text, err.message);
        size_t count = 0;
        for (; row->words[count]; count++)
            if (count >= words.count || strcmp(words.argv[count], row->words[count]) != 0)
                fail_msg("\"%s\": word %zu is not \"%s\"", row->text, count, row->words[count]);
        if (words.count != count || words.argv[count] != NULL)
            fail_msg("\"%s\": %zu words", row->text, words.count);
    }
}

static void refuses_what_has_no_end(void **state)
{
    (void)state;
    foreach(row, wrong) {
        struct error err = {0};
        struct words words = {0};
        if (words_split(row->text, &words, &err) != -1 || words.argv || words.count)
            fail_msg("\"%s\": %zu words", row->text, words.count);
        if (!error_says(&err, ERROR_INPUT, row->says))
            fail_msg("\"%s\": says %s", row->text, err.message);
    }
}

static void a_message_does_not_show_the_command(void **state)
{
    (void)state;
    struct error err = {0};
    struct words words = {0};
    assert_int_equal(words_split("curl -H 'X-Token: hunter2", &words, &err), -1);
    assert_null(strstr(err.message, "hunter2"));
}

static void there_is_room_for_as_many_words_as_fit(void **state)
{
    (void)state;
    struct error err = {0};
    char text[2 * 5000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? ' ' : 'w';
    text[sizeof text - 1] = '\0';

    _cleanup_words_ struct words words = {0};
    assert_int_equal(words_split(text, &words, &err), 0);
    assert_int_equal(words.count, 5000);
    assert_string_equal(words.argv[4999], "w");
    assert_null(words.argv[5000]);
}

static void is_empty_again_once_freed(void **state)
{
    (void)state;
    struct error err = {0};
    struct words words = {0};
    assert_int_equal(words_split("a b", &words, &err), 0);
    words_free(&words);
    assert_null(words.argv);
    assert_int_equal(words.count, 0);
    words_free(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_as_shlex_does),
        cmocka_unit_test(refuses_what_has_no_end),
        cmocka_unit_test(a_message_does_not_show_the_command),
        cmocka_unit_test(there_is_room_for_as_many_words_as_fit),
        cmocka_unit_test(is_empty_again_once_freed),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
