#include "cli/wait_targets.h"

#include "table.h"

static int add(const char *text, struct wait_targets *targets, struct error *err)
{
    return wait_target_add(targets, (struct span){text, strlen(text)}, err);
}

static void the_four_forms_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum wait_kind kind;
        const char *endpoint;
    } table[] = {
        {"db", WAIT_DATABASE, NULL},
        {"broker", WAIT_BROKER, NULL},
        {"tcp://postgres:5432", WAIT_ENDPOINT, "postgres:5432"},
        {"tcp://10.0.0.1:1", WAIT_ENDPOINT, "10.0.0.1:1"},
        {"tcp://[::1]:65535", WAIT_ENDPOINT, "[::1]:65535"},
        {"tcp://a_b.example.:00080", WAIT_ENDPOINT, "a_b.example.:80"},
        {"unix:/run/postgresql/.s.PGSQL.5432", WAIT_ENDPOINT, "unix:/run/postgresql/.s.PGSQL.5432"},
        {"unix:///run/a b", WAIT_ENDPOINT, "unix:///run/a b"},
    };
    foreach(row, table) {
        struct error err = {0};
        char text[ENDPOINT_TEXT];
        struct wait_targets targets = {.count = 0};
        if (add(row->text, &targets, &err) < 0)
            fail_msg("%s: %s", row->text, err.message);
        endpoint_text(&targets.list[0].endpoint, text);
        if (targets.count != 1 || targets.list[0].kind != row->kind ||
            (row->endpoint && strcmp(text, row->endpoint) != 0))
            fail_msg("%s: read as %s", row->text, text);
    }
}

static void none_and_off_add_nothing(void **state)
{
    (void)state;
    static const char *const table[] = {"none", "off"};
    foreach(text, table) {
        struct error err = {0};
        struct wait_targets targets = {.count = 0};
        assert_int_equal(add(*text, &targets, &err), 0);
        assert_int_equal(targets.count, 0);
    }
}

static void everything_else_is_a_wrong_word(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } table[] = {
        {"postgres", "not db, broker, tcp://HOST:PORT or unix:/PATH"},
        {"", "not db"},
        {"DB", "not db"},
        {"db ", "not db"},
        {"database", "not db"},
        {"postgres:5432", "not db"},
        {"tcp:postgres:5432", "not db"},
        {"http://postgres:5432", "not db"},
        {"tcp://", "names no host"},
        {"tcp://:5432", "names no host"},
        {"tcp://postgres", "names no port"},
        {"tcp://postgres:", "names no port"},
        {"tcp://postgres:0", "the port is no number from 1 to 65535"},
        {"tcp://postgres:65536", "the port is no number from 1 to 65535"},
        {"tcp://postgres:http", "the port is no number"},
        {"tcp://postgres:-1", "the port is no number"},
        {"tcp://postgres:5432/", "the port is no number"},
        {"tcp://postgres:5432/db", "the port is no number"},
        {"tcp://::1:5432", "names no host"},
        {"tcp://[::1]", "names no port"},
        {"tcp://[::1:5432", "something stands between"},
        {"tcp://[::1]5432", "something stands between"},
        {"tcp://a b:5432", "what stands where the host belongs is none"},
        {"unix:", "does not begin with \"/\""},
        {"unix:run/socket", "does not begin with \"/\""},
        {"unix:./socket", "does not begin with \"/\""},
        {"unix:/0123456789012345678901234567890123456789012345678901234567890123456789"
         "0123456789012345678901234567890123456",
         "longer than 107 bytes"},
    };
    foreach(row, table) {
        struct error err = {0};
        struct wait_targets targets = {.count = 0};
        if (add(row->text, &targets, &err) != -1 || targets.count != 0)
            fail_msg("%s: was taken", row->text);
        if (!error_says(&err, ERROR_USAGE, row->says))
            fail_msg("%s: says %s", row->text, err.message);
    }
}

static void what_may_be_a_url_with_a_password_is_not_shown(void **state)
{
    (void)state;
    static const char *const table[] = {
        "postgresql://u:secret@h/db",
        "tcp://u:secret@h:1",
        "tcp://:secret@h:1",
        "unix:secret@h",
        "redis://:secret@h",
        "secret@h",
        "postgresql://u:secret",
        "tcp://u:1secret",
        "tcp://:secret",
    };
    foreach(text, table) {
        struct error err = {0};
        struct wait_targets targets = {.count = 0};
        if (add(*text, &targets, &err) == 0 || strstr(err.message, "secret"))
            fail_msg("%s: says %s", *text, err.message);
    }
}

static void there_are_at_most_eight(void **state)
{
    (void)state;
    struct error err = {0};
    struct wait_targets targets = {.count = 0};
    for (int i = 0; i < 8; i++)
        assert_int_equal(add("db", &targets, &err), 0);
    assert_int_equal(add("none", &targets, &err), 0);
    assert_int_equal(add("db", &targets, &err), -1);
    assert_true(error_says(&err, ERROR_USAGE, "more than 8"));
    assert_int_equal(targets.count, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_four_forms_are_read),
        cmocka_unit_test(none_and_off_add_nothing),
        cmocka_unit_test(everything_else_is_a_wrong_word),
        cmocka_unit_test(what_may_be_a_url_with_a_password_is_not_shown),
        cmocka_unit_test(there_are_at_most_eight),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
