#include "base/secret.h"

#include <errno.h>
#include <unistd.h>

#include "table.h"

/* Whether these bytes stand there. write(2) says EFAULT where touching them would kill us. */
static bool holds(const char *at, const char *bytes, size_t length)
{
    int ends[2];
    char copy[64];
    assert_true(length <= sizeof copy);
    assert_int_equal(pipe(ends), 0);
    bool readable = write(ends[1], at, length) == (ssize_t)length;
    bool same = readable && read(ends[0], copy, length) == (ssize_t)length &&
                memcmp(copy, bytes, length) == 0;
    close(ends[0]);
    close(ends[1]);
    return same;
}

static void appends_and_keeps_a_nul_behind(void **state)
{
    (void)state;
    static const struct {
        const char *part;
        const char *whole;
    } steps[] = {
        {"", ""},        {"a", "a"},     {"", "a"},
        {"bcd", "abcd"}, {"e", "abcde"}, {"fghijklmnop", "abcdefghijklmnop"},
    };
    struct error err = {0};
    _cleanup_secret_ struct secret secret = {0};
    foreach(step, steps) {
        if (secret_append(&secret, step->part, strlen(step->part), &err) != 0 ||
            secret.length != strlen(step->whole) || secret.capacity < secret.length ||
            memcmp(secret.bytes, step->whole, secret.length + 1) != 0)
            fail_msg("behind \"%s\": not \"%s\"", step->part, step->whole);
    }
}

static void nothing_appended_to_nothing_is_an_empty_text(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_secret_ struct secret secret = {0};
    assert_int_equal(secret_append(&secret, NULL, 0, &err), 0);
    assert_non_null(secret.bytes);
    assert_string_equal(secret.bytes, "");
}

static void bytes_that_are_no_text_are_kept(void **state)
{
    (void)state;
    struct error err = {0};
    char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    _cleanup_secret_ struct secret secret = {0};
    for (int i = 0; i < 100; i++)
        assert_int_equal(secret_append(&secret, bytes, sizeof bytes, &err), 0);
    assert_int_equal(secret.length, 25600);
    for (int i = 0; i < 100; i++)
        assert_memory_equal(secret.bytes + i * 256, bytes, 256);
    assert_int_equal(secret.bytes[25600], 0);
}

static void room_is_made_and_what_is_there_stays(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_secret_ struct secret secret = {0};
    assert_int_equal(secret_reserve(&secret, 0, &err), 0);
    assert_non_null(secret.bytes);
    assert_int_equal(secret.bytes[0], 0);

    assert_int_equal(secret_append(&secret, "key", 3, &err), 0);
    assert_int_equal(secret_reserve(&secret, 1000, &err), 0);
    assert_true(secret.capacity >= 1000);
    assert_int_equal(secret.length, 3);
    assert_string_equal(secret.bytes, "key");

    const char *before = secret.bytes;
    assert_int_equal(secret_reserve(&secret, 10, &err), 0);
    assert_ptr_equal(secret.bytes, before);
    assert_true(secret.capacity >= 1000);
    memset(secret.bytes, 'x', secret.capacity);
}

static void what_fits_is_not_moved(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_secret_ struct secret secret = {0};
    assert_int_equal(secret_reserve(&secret, 100, &err), 0);
    const char *before = secret.bytes;
    size_t room = secret.capacity;
    for (size_t i = 0; i < room; i++)
        assert_int_equal(secret_append(&secret, "x", 1, &err), 0);
    assert_ptr_equal(secret.bytes, before);
    assert_int_equal(secret_append(&secret, "x", 1, &err), 0);
    assert_int_equal(secret.length, room + 1);
    assert_true(secret.capacity > room);
}

static void more_than_there_is_fails_and_leaves_it_as_it_was(void **state)
{
    (void)state;
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2};
    struct error err = {0};
    _cleanup_secret_ struct secret secret = {0};
    assert_int_equal(secret_append(&secret, "key", 3, &err), 0);
    foreach(size, sizes) {
        if (secret_reserve(&secret, *size, &err) != -1 ||
            !error_says(&err, ERROR_SYSTEM, "guarded memory") || err.errnum != ENOMEM ||
            secret.length != 3 || strcmp(secret.bytes, "key") != 0)
            fail_msg("%zu bytes: %s", *size, err.message);
    }
}

static void the_byte_behind_a_large_one_is_guarded(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_secret_ struct secret secret = {0};
    assert_int_equal(secret_reserve(&secret, 20000, &err), 0);
    memset(secret.bytes, 'x', secret.capacity + 1);
    assert_true(holds(secret.bytes + secret.capacity, "x", 1));
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], secret.bytes + secret.capacity + 1, 1), -1);
    assert_int_equal(errno, EFAULT);
    close(ends[0]);
    close(ends[1]);
}

/* From the smallest to one that has its own pages. */
static void nothing_is_left_after_growth_and_release(void **state)
{
    (void)state;
    static const char text[] = "correct horse battery staple";
    static const size_t sizes[] = {sizeof text, 400, 509, 510, 4000, 5000, 100000};
    foreach(size, sizes) {
        struct error err = {0};
        struct secret secret = {0};
        assert_int_equal(secret_reserve(&secret, *size, &err), 0);
        assert_int_equal(secret_append(&secret, text, sizeof text, &err), 0);
        const char *first = secret.bytes;
        assert_true(holds(first, text, sizeof text));

        assert_int_equal(secret_reserve(&secret, secret.capacity + 1, &err), 0);
        const char *second = secret.bytes;
        if (holds(first, text, sizeof text) || !holds(second, text, sizeof text))
            fail_msg("%zu bytes: after growth", *size);

        secret_free(&secret);
        if (holds(second, text, sizeof text) || secret.bytes || secret.length || secret.capacity)
            fail_msg("%zu bytes: after release", *size);
    }
}

static void many_at_once_do_not_touch_each_other(void **state)
{
    (void)state;
    enum { MANY = 40 };
    static const size_t sizes[] = {44, 300, 509, 510, 44, 1020, 3000, 44, 8000, 12239, 12240};
    struct error err = {0};
    struct secret secrets[MANY] = {0};
    for (int round = 0; round < 3; round++) {
        for (int i = round; i < MANY; i += round + 1) {
            secret_free(&secrets[i]);
            assert_int_equal(
                secret_reserve(&secrets[i], sizes[(size_t)(i + round) % COUNT(sizes)], &err), 0);
            assert_int_equal(secrets[i].bytes[0], 0);
            secrets[i].length = secrets[i].capacity;
            memset(secrets[i].bytes, 'A' + i, secrets[i].length);
            secrets[i].bytes[secrets[i].length] = '\0';
        }
        for (int i = 0; i < MANY; i++)
            for (size_t j = 0; j < secrets[i].length; j++)
                if (secrets[i].bytes[j] != 'A' + i)
                    fail_msg("round %d: byte %zu of secret %d", round, j, i);
    }
    for (int i = 0; i < MANY; i++)
        secret_free(&secrets[i]);
}

static void may_be_used_again_after_release(void **state)
{
    (void)state;
    struct error err = {0};
    struct secret secret = {0};
    secret_free(&secret);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(secret_append(&secret, "again", 5, &err), 0);
        assert_string_equal(secret.bytes, "again");
        secret_free(&secret);
    }
}

static void an_empty_one_counts_as_locked(void **state)
{
    (void)state;
    struct secret secret = {0};
    assert_true(secret_is_locked(&secret));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_and_keeps_a_nul_behind),
        cmocka_unit_test(nothing_appended_to_nothing_is_an_empty_text),
        cmocka_unit_test(bytes_that_are_no_text_are_kept),
        cmocka_unit_test(room_is_made_and_what_is_there_stays),
        cmocka_unit_test(what_fits_is_not_moved),
        cmocka_unit_test(more_than_there_is_fails_and_leaves_it_as_it_was),
        cmocka_unit_test(the_byte_behind_a_large_one_is_guarded),
        cmocka_unit_test(nothing_is_left_after_growth_and_release),
        cmocka_unit_test(many_at_once_do_not_touch_each_other),
        cmocka_unit_test(may_be_used_again_after_release),
        cmocka_unit_test(an_empty_one_counts_as_locked),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
