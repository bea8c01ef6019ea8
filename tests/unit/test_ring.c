#include "fernet/ring.h"

#include "rings.h"

#define A "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
#define B "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
#define C "Q0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0M="
#define B_OTHERWISE "'QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkL=='" /* junk, last bits, padding */
#define SHORT "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQg=="          /* 31 bytes */

static const struct {
    int line;
    const char *text;
    const char *letters;
} right[] = {
    {ROW, A, "A"},
    {ROW, A "," B, "AB"},
    {ROW, B "," A "," C, "BAC"},
    {ROW, A "\n", "A"},
    {ROW, " \t\r\n\v\f" A "," B " \t\r\n\v\f", "AB"},
    {ROW, A " , " B, "AB"},
    {ROW, A ",\n  " B ",\n  " C "\n", "ABC"},
    {ROW, "\"" A "," B "\"", "AB"},
    {ROW, "'" A "','" B "'", "AB"},
    {ROW, "\xef\xbb\xbf" A, "A"},
    {ROW, A "," A, "A"},
    {ROW, A "," B "," A "," B_OTHERWISE, "AB"},
    {ROW, B_OTHERWISE "," B, "B"},
};

static const struct {
    int line;
    const char *text;
    const char *says;
} wrong[] = {
    {ROW, "", "the key has 0 characters"},
    {ROW, " \n", "the key has 0 characters"},
    {ROW, SHORT, "the key has 42 characters"},
    {ROW, "$FERNET_KEY", "the key looks like"},
    {ROW, ",", "key 1 of 2 is empty"},
    {ROW, ",,", "key 1 of 3 is empty"},
    {ROW, A ",", "key 2 of 2 is empty"},
    {ROW, A ", \n", "key 2 of 2 is empty"},
    {ROW, "," A, "key 1 of 2 is empty"},
    {ROW, A ",," B, "key 2 of 3 is empty"},
    {ROW, A ", \t ," B, "key 2 of 3 is empty"},
    {ROW, A "," SHORT "," B, "key 2 of 3 has 42 characters"},
    {ROW, SHORT "," A, "key 1 of 2 has 42 characters"},
    {ROW, A "," B ",$FERNET_KEY", "key 3 of 3 looks like"},
    {ROW, A ",\"\"", "key 2 of 2 has 0 characters"},
    {ROW, A ";" B ",x", "key 1 of 2 is followed by another key"},
    {ROW, A "," A "," SHORT, "key 3 of 3 has 42 characters"},
    {ROW, A "\n" B, "the key is followed by another key"},
    {ROW, A ";" B, "the key is followed by another key"},
    {ROW, A "," B " " C, "key 2 of 2 is followed by another key"},
};

static int parse(struct ring *ring, const char *text, struct error *err)
{
    size_t length = strlen(text);
    char *copy = test_malloc(length ? length : 1);
    memcpy(copy, text, length);
    int result = ring_parse(ring, copy, length, err);
    test_free(copy);
    return result;
}

static void reads_a_comma_list_in_its_order(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        _cleanup_ring_ struct ring ring = {0};
        if (parse(&ring, row->text, &err) != 0)
            fail_row(row, "refused: %s", err.message);
        if (strcmp(letters_of(&ring), row->letters) != 0)
            fail_row(row, "read as %s", letters_of(&ring));
    }
}

static void a_fault_is_named_by_its_position_and_not_shown(void **state)
{
    (void)state;
    foreach(row, wrong) {
        struct error err = {0};
        _cleanup_ring_ struct ring ring = {0};
        if (parse(&ring, row->text, &err) != -1)
            fail_row(row, "read as %s", letters_of(&ring));
        if (!error_says(&err, ERROR_INPUT, row->says) || strstr(err.message, "QkJC"))
            fail_row(row, "says %s", err.message);
    }
}

static void a_key_is_added_once_and_at_the_end(void **state)
{
    (void)state;
    static const struct {
        const char *added;
        const char *ring;
    } table[] = {
        {"", ""},     {"A", "A"},        {"AA", "A"},    {"AB", "AB"},
        {"BA", "BA"}, {"ABCABC", "ABC"}, {"ABBA", "AB"},
    };
    foreach(row, table) {
        _cleanup_ring_ struct ring ring = {0};
        add_keys(&ring, row->added);
        if (strcmp(letters_of(&ring), row->ring) != 0)
            fail_msg("%s: %s", row->added, letters_of(&ring));
    }
}

static void rings_are_compared_by_what_is_in_them(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool a_covers_b;
        bool b_covers_a;
        bool same_first;
    } table[] = {
        {"", "", true, true, true},       {"A", "", true, false, false},
        {"A", "A", true, true, true},     {"A", "B", false, false, false},
        {"AB", "A", true, false, true},   {"AB", "B", true, false, false},
        {"AB", "BA", true, true, false},  {"ABC", "CA", true, false, false},
        {"AB", "AC", false, false, true}, {"ABC", "ABD", false, false, true},
    };
    foreach(row, table) {
        _cleanup_ring_ struct ring a = {0};
        _cleanup_ring_ struct ring b = {0};
        add_keys(&a, row->a);
        add_keys(&b, row->b);
        if (ring_covers(&a, &b) != row->a_covers_b || ring_covers(&b, &a) != row->b_covers_a)
            fail_msg("\"%s\", \"%s\": covers", row->a, row->b);
        if (ring_same_first(&a, &b) != row->same_first ||
            ring_same_first(&b, &a) != row->same_first)
            fail_msg("\"%s\", \"%s\": same first", row->a, row->b);
    }
}

/* One bit makes another key, wherever it is. */
static void keys_are_compared_to_their_last_bit(void **state)
{
    (void)state;
    _cleanup_ring_ struct ring ring = {0};
    uint8_t key[FERNET_KEY_BYTES];
    add_keys(&ring, "BA");
    memset(key, 'A', sizeof key);
    assert_true(ring_has(&ring, key, sizeof key));
    for (int bit = 0; bit < FERNET_KEY_BYTES * 8; bit++) {
        key[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(ring_has(&ring, key, sizeof key));
        key[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void one_ring_is_added_behind_another(void **state)
{
    (void)state;
    static const struct {
        const char *ring;
        const char *other;
        const char *sum;
    } table[] = {
        {"", "", ""},      {"A", "", "A"},       {"", "AB", "AB"},   {"A", "B", "AB"},
        {"A", "BA", "AB"}, {"AB", "CD", "ABCD"}, {"BA", "AB", "BA"}, {"C", "ABC", "CAB"},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_ring_ struct ring ring = {0};
        _cleanup_ring_ struct ring other = {0};
        add_keys(&ring, row->ring);
        add_keys(&other, row->other);
        assert_int_equal(ring_add_all(&ring, &other, &err), 0);
        if (strcmp(letters_of(&ring), row->sum) != 0 || strcmp(letters_of(&other), row->other) != 0)
            fail_msg("%s + %s: %s", row->ring, row->other, letters_of(&ring));
    }
}

static void there_is_an_end_to_it(void **state)
{
    (void)state;
    struct error err = {0};
    uint8_t key[FERNET_KEY_BYTES];
    _cleanup_ring_ struct ring ring = {0};
    _cleanup_secret_ struct secret text = {0};
    for (int i = 0; i < RING_MOST; i++) {
        memset(key, i, sizeof key);
        assert_int_equal(ring_add(&ring, key, sizeof key, &err), 0);
    }
    /* One that is there already is no more than before. */
    assert_int_equal(ring_add(&ring, key, sizeof key, &err), 0);
    assert_int_equal(ring_text(&ring, &text, &err), 0);

    memset(key, 0xff, sizeof key);
    assert_int_equal(ring_add(&ring, key, sizeof key, &err), -1);
    assert_true(error_says(&err, ERROR_INPUT, "more than 64 keys"));
    assert_int_equal(ring_generate(&ring, FERNET_KEY_BYTES, &err), -1);
    assert_int_equal(ring_count(&ring), RING_MOST);

    _cleanup_ring_ struct ring read = {0};
    assert_int_equal(ring_parse(&read, text.bytes, text.length, &err), 0);
    assert_true(ring_covers(&read, &ring));
    ring_free(&read);
    assert_int_equal(secret_append(&text, "," A, strlen("," A), &err), 0);
    assert_int_equal(ring_parse(&read, text.bytes, text.length, &err), -1);
    assert_true(error_says(&err, ERROR_INPUT, "65 keys, at most 64"));
}

static void what_is_written_is_canonical_and_is_appended(void **state)
{
    (void)state;
    static const struct {
        const char *letters;
        const char *text;
    } table[] = {{"", "x="}, {"A", "x=" A}, {"BA", "x=" B "," A}, {"ABC", "x=" A "," B "," C}};
    foreach(row, table) {
        struct error err = {0};
        _cleanup_ring_ struct ring ring = {0};
        _cleanup_secret_ struct secret text = {0};
        add_keys(&ring, row->letters);
        assert_int_equal(secret_append(&text, "x=", 2, &err), 0);
        assert_int_equal(ring_text(&ring, &text, &err), 0);
        if (text.length != strlen(row->text) || strcmp(text.bytes, row->text) != 0)
            fail_msg("%s: %s", row->letters, text.bytes);
    }
}

static void fingerprints_stand_in_the_order_of_the_keys(void **state)
{
    (void)state;
    static const struct {
        const char *letters;
        const char *text;
    } table[] = {
        {"", ""},
        {"A", "2e4361dfdb8466cf"},
        {"BA", "c77f48f3771072be, 2e4361dfdb8466cf"},
        {"ABC", "2e4361dfdb8466cf, c77f48f3771072be, 2e09fa741f0143ec"},
    };
    foreach(row, table) {
        _cleanup_ring_ struct ring ring = {0};
        char text[RING_FINGERPRINTS];
        add_keys(&ring, row->letters);
        ring_fingerprints(&ring, text);
        if (strcmp(text, row->text) != 0)
            fail_msg("%s: %s", row->letters, text);
    }
}

static void fingerprints_of_the_largest_ring_have_room(void **state)
{
    (void)state;
    struct error err = {0};
    uint8_t key[FERNET_KEY_BYTES];
    char text[RING_FINGERPRINTS];
    _cleanup_ring_ struct ring ring = {0};
    for (int i = 0; i < RING_MOST; i++) {
        memset(key, i, sizeof key);
        assert_int_equal(ring_add(&ring, key, sizeof key, &err), 0);
    }
    ring_fingerprints(&ring, text);
    assert_int_equal(strlen(text), RING_MOST * FINGERPRINT_TEXT + (RING_MOST - 1) * 2);
}

static void a_summary_is_short_whatever_the_ring(void **state)
{
    (void)state;
    static const struct {
        const char *letters;
        const char *text;
    } table[] = {
        {"", ""},
        {"A", "2e4361dfdb8466cf"},
        {"ABC", "2e4361dfdb8466cf, c77f48f3771072be, 2e09fa741f0143ec"},
        {"ABCDE", "2e4361dfdb8466cf, c77f48f3771072be, 2e09fa741f0143ec and 2 more"},
        {"ABCDEFGHIJKL", "2e4361dfdb8466cf, c77f48f3771072be, 2e09fa741f0143ec and 9 more"},
    };
    foreach(row, table) {
        _cleanup_ring_ struct ring ring = {0};
        char text[RING_SUMMARY];
        add_keys(&ring, row->letters);
        ring_summary(&ring, text);
        if (strcmp(text, row->text) != 0)
            fail_msg("%s: %s", row->letters, text);
    }
    _cleanup_ring_ struct ring ring = {0};
    char text[RING_SUMMARY];
    add_keys(&ring, "ABCD");
    ring_summary(&ring, text);
    assert_int_equal(strlen(text), 4 * FINGERPRINT_TEXT + 3 * 2);
}

/* Put where a path or a command belongs, it must not be printed. */
static void a_key_in_the_wrong_place_is_recognised(void **state)
{
    (void)state;
    static const char *const keys[] = {A, A "\n", A "," B, B_OTHERWISE, A " # old"};
    static const char *const others[] = {
        "",
        "/run/secrets/fernet_key",
        "fernet_key",
        "cat /run/secrets/fernet_key",
        "$FERNET_KEY",
        "hunter2",
        SHORT,
        "/var/lib/a-path-with-forty-four-characters/in-it",
    };
    foreach(text, keys)
        if (!ring_is_text(*text))
            fail_msg("%s: is a key", *text);
    foreach(text, others)
        if (ring_is_text(*text))
            fail_msg("%s: is no key", *text);
}

static void a_generated_key_is_another_each_time(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_ring_ struct ring ring = {0};
    add_keys(&ring, "A");
    for (int i = 0; i < 16; i++)
        assert_int_equal(ring_generate(&ring, FERNET_KEY_BYTES, &err), 0);
    assert_int_equal(ring_count(&ring), 17);
    assert_string_equal(letters_of(&ring), "A????????????????");
}

static void what_another_ring_has_is_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *ring;
        const char *other;
        const char *without;
        const char *sum;
    } table[] = {
        {"", "", "", ""},        {"A", "BC", "", "ABC"}, {"A", "BCD", "C", "ABD"},
        {"A", "B", "B", "A"},    {"", "AB", "BA", ""},   {"A", "AB", "A", "AB"},
        {"AB", "C", "A", "ABC"},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_ring_ struct ring ring = {0};
        _cleanup_ring_ struct ring other = {0};
        _cleanup_ring_ struct ring without = {0};
        add_keys(&ring, row->ring);
        add_keys(&other, row->other);
        add_keys(&without, row->without);
        assert_int_equal(ring_add_less(&ring, &other, &without, &err), 0);
        if (strcmp(letters_of(&ring), row->sum) != 0)
            fail_msg("%s + %s - %s: %s", row->ring, row->other, row->without, letters_of(&ring));
    }
}

static void rings_are_the_same_in_the_same_order_alone(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool same;
    } table[] = {
        {"", "", true},    {"A", "", false},   {"", "A", false},    {"A", "A", true},
        {"A", "B", false}, {"AB", "A", false}, {"AB", "BA", false}, {"ABC", "ABC", true},
    };
    foreach(row, table) {
        _cleanup_ring_ struct ring a = {0};
        _cleanup_ring_ struct ring b = {0};
        add_keys(&a, row->a);
        add_keys(&b, row->b);
        if (ring_is_same(&a, &b) != row->same)
            fail_msg("\"%s\", \"%s\"", row->a, row->b);
    }
}

/* --- Rings that are one value */

static const struct {
    int line;
    const char *text;
    const char *value; /* NULL: it is none, and */
    const char *says;
} values[] = {
    {ROW, "s3", "s3", NULL},
    {ROW, "s3\n", "s3", NULL},
    {ROW, " \t\r\n\v\fa b \r\n", "a b", NULL},
    {ROW, A "," B, A "," B, NULL},
    {ROW, ",", ",", NULL},
    {ROW, "'s3'", "'s3'", NULL},
    {ROW, "$X", "$X", NULL},
    {ROW, "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", NULL},

    {ROW, "", NULL, "the value is empty"},
    {ROW, " \n\t", NULL, "the value is empty"},
    {ROW, "a\nb", NULL, "the value has a line break"},
    {ROW, "a\r\nb\n", NULL, "the value has a line break"},
    {ROW, "a\tb", NULL, "the value has a control character"},
    {ROW, "a\x1b[m", NULL, "the value has a control character"},
    {ROW, "a\x7f", NULL, "the value has a control character"},
    {ROW,
     "\xff"
     "abc",
     NULL, "the value is not UTF-8"},
    {ROW, "abc\xc3", NULL, "the value is not UTF-8"},
    {ROW, "a\xed\xa0\x80", NULL, "the value is not UTF-8"},
    {ROW, "a\xc0\x80", NULL, "the value is not UTF-8"},
    {ROW, "abc\xc2\xa0", NULL, "begins or ends with a blank"},
    {ROW,
     "\xe3\x80\x80"
     "abc",
     NULL, "begins or ends with a blank"},
    {ROW, "abc\xc2\x85", NULL, "begins or ends with a blank"},
    {ROW, "a\xc2\xa0z", "a\xc2\xa0z", NULL},
};

static void a_value_is_read_as_it_stands(void **state)
{
    (void)state;
    foreach(row, values) {
        struct error err = {0};
        _cleanup_ring_ struct ring ring = {.is_value = true};
        _cleanup_secret_ struct secret text = {0};
        int parsed = parse(&ring, row->text, &err);
        if (parsed != (row->value ? 0 : -1))
            fail_row(row, "%s", parsed < 0 ? err.message : "was taken");
        if (parsed < 0 && (!error_says(&err, ERROR_INPUT, row->says) || ring_count(&ring) > 0))
            fail_row(row, "says %s", err.message);
        if (parsed < 0)
            continue;
        assert_int_equal(ring_count(&ring), 1);
        assert_int_equal(ring_width(&ring), strlen(row->value));
        assert_int_equal(secret_append(&text, "x=", 2, &err), 0);
        assert_int_equal(ring_text(&ring, &text, &err), 0);
        if (strncmp(text.bytes, "x=", 2) != 0 || strcmp(text.bytes + 2, row->value) != 0)
            fail_row(row, "written as %s", text.bytes);
    }
}

static void a_value_has_an_end_and_no_nul(void **state)
{
    (void)state;
    static char text[VALUE_MOST + 1];
    struct error err = {0};
    _cleanup_ring_ struct ring ring = {.is_value = true};
    memset(text, 'x', sizeof text);
    assert_int_equal(ring_parse(&ring, "a\0b", 3, &err), -1);
    assert_true(error_says(&err, ERROR_INPUT, "control character"));
    assert_int_equal(ring_parse(&ring, text, VALUE_MOST + 1, &err), -1);
    assert_true(error_says(&err, ERROR_INPUT, "4097 bytes, at most 4096"));
    assert_int_equal(ring_parse(&ring, text, VALUE_MOST, &err), 0);
    assert_int_equal(ring_width(&ring), VALUE_MOST);
}

static void there_is_room_for_one_value(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_ring_ struct ring ring = {.is_value = true};
    _cleanup_ring_ struct ring longer = {.is_value = true};
    _cleanup_ring_ struct ring empty = {.is_value = true};
    assert_int_equal(ring_count(&ring), 0);
    assert_int_equal(parse(&ring, "one", &err), 0);
    assert_int_equal(parse(&longer, "one more", &err), 0);

    assert_int_equal(ring_add_all(&ring, &longer, &err), 0);
    assert_int_equal(ring_generate(&ring, 32, &err), 0);
    assert_int_equal(ring_count(&ring), 1);
    assert_memory_equal(ring_key(&ring, 0), "one", 3);
    assert_int_equal(ring_width(&ring), 3);

    /* One that begins like another is another. */
    assert_false(ring_covers(&ring, &longer) || ring_covers(&longer, &ring));
    assert_false(ring_same_first(&ring, &longer) || ring_is_same(&ring, &longer));
    assert_true(ring_covers(&ring, &empty));
    assert_false(ring_covers(&empty, &ring) || ring_is_same(&empty, &ring));
    assert_false(ring_has(&ring, (const uint8_t *)"two", 3));
    assert_true(ring_has(&ring, (const uint8_t *)"one", 3));

    assert_int_equal(ring_add_less(&empty, &longer, &ring, &err), 0);
    assert_true(ring_is_same(&empty, &longer));
}

static void a_generated_value_is_random_bytes_in_base64(void **state)
{
    (void)state;
    static const struct {
        size_t bytes;
        size_t length;
    } table[] = {{32, 44}, {64, 88}, {16, 24}, {1000, 88}};
    foreach(row, table) {
        struct error err = {0};
        _cleanup_ring_ struct ring ring = {.is_value = true};
        _cleanup_ring_ struct ring other = {.is_value = true};
        _cleanup_secret_ struct secret text = {0};
        assert_int_equal(ring_generate(&ring, row->bytes, &err), 0);
        assert_int_equal(ring_generate(&other, row->bytes, &err), 0);
        assert_int_equal(ring_text(&ring, &text, &err), 0);
        if (text.length != row->length ||
            strspn(text.bytes,
                   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=") !=
                row->length)
            fail_msg("%zu: %s", row->bytes, text.bytes);
        assert_false(ring_is_same(&ring, &other));
    }
}

static void the_fingerprint_of_a_value_is_that_of_its_bytes(void **state)
{
    (void)state;
    struct error err = {0};
    char text[RING_SUMMARY];
    char all[RING_FINGERPRINTS];
    _cleanup_ring_ struct ring ring = {.is_value = true};
    ring_summary(&ring, text);
    assert_string_equal(text, "");
    assert_int_equal(parse(&ring, "abc\n", &err), 0);
    ring_summary(&ring, text);
    assert_string_equal(text, "33c8c46c6a1312cb");
    ring_fingerprints(&ring, all);
    assert_string_equal(all, "33c8c46c6a1312cb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_comma_list_in_its_order),
        cmocka_unit_test(a_fault_is_named_by_its_position_and_not_shown),
        cmocka_unit_test(a_key_is_added_once_and_at_the_end),
        cmocka_unit_test(rings_are_compared_by_what_is_in_them),
        cmocka_unit_test(keys_are_compared_to_their_last_bit),
        cmocka_unit_test(one_ring_is_added_behind_another),
        cmocka_unit_test(there_is_an_end_to_it),
        cmocka_unit_test(what_is_written_is_canonical_and_is_appended),
        cmocka_unit_test(fingerprints_stand_in_the_order_of_the_keys),
        cmocka_unit_test(fingerprints_of_the_largest_ring_have_room),
        cmocka_unit_test(a_summary_is_short_whatever_the_ring),
        cmocka_unit_test(a_key_in_the_wrong_place_is_recognised),
        cmocka_unit_test(a_generated_key_is_another_each_time),
        cmocka_unit_test(what_another_ring_has_is_left_out),
        cmocka_unit_test(rings_are_the_same_in_the_same_order_alone),
        cmocka_unit_test(a_value_is_read_as_it_stands),
        cmocka_unit_test(a_value_has_an_end_and_no_nul),
        cmocka_unit_test(there_is_room_for_one_value),
        cmocka_unit_test(a_generated_value_is_random_bytes_in_base64),
        cmocka_unit_test(the_fingerprint_of_a_value_is_that_of_its_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
