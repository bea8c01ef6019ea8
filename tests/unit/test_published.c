/* The texts as they were published; src/fernet/published.c says where. */
#include "fernet/published.h"

#include "base/error.h"
#include "table.h"

struct row {
    int line;
    const char *text;
    const char *where; /* a part of what is said, or NULL: is not known */
};

static void check(int line, const char *text, const char *fingerprint, const char *expected)
{
    const char *where = fingerprint_published(fingerprint);
    bool fits = where && expected ? strstr(where, expected) != NULL : where == expected;
    if (!fits)
        fail_line(line, "%s: %s", text, where ? where : "unknown");
}

static void published_keys_are_known_in_each_spelling(void **state)
{
    (void)state;
    static const struct row table[] = {
        {ROW, "46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho=", "puckel"},
        {ROW, "'46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho='\n", "puckel"},
        {ROW, "7T512UXSSmBOkpWimFHIVb8jK6lfmSAvx4mO6Arehnc=", "airflow-helm"},
        {ROW, "7T512UXSSmBOkpWimFHIVb8jK6lfmSAvx4mO6Arehnd=", "airflow-helm"},
        {ROW, "d6Vefz3G9U_ynXB3cr7y_Ak35tAHkEGAVxuz_B-jzWw=", "Astronomer"},
        {ROW, "d6Vefz3G9U/ynXB3cr7y/Ak35tAHkEGAVxuz/B+jzWw=", "Astronomer"},
        {ROW, "jJ/9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=", "OpenMetadata"},
        {ROW, "jJ_9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=", "OpenMetadata"},
        {ROW, "G3jB5--jCQpRYp7hwUtpfQ_S8zLRbRMwX8tr3dehnNU=", "Chef"},
        {ROW, "81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs=", "tutorials"},
        {ROW, "7T512UXSSmBOkpWimFHIVb8jK6lfmSAvx4mO6Arehng=", NULL},
        {ROW, "81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPw=", NULL},
    };
    foreach(row, table) {
        struct error err = {0};
        uint8_t key[FERNET_KEY_BYTES];
        char text[FINGERPRINT_TEXT + 1];
        assert_int_equal(fernet_key_parse(row->text, strlen(row->text), key, &err), 0);
        fingerprint(key, sizeof key, text);
        check(row->line, row->text, text, row->where);
    }
}

/* As they stand there, and as some images put them into airflow.cfg. */
static void published_values_are_known(void **state)
{
    (void)state;
    static const struct row table[] = {
        {ROW, "temporary_key", "puckel"},
        {ROW, "{SECRET_KEY}", "template"},
        {ROW, "THIS IS UNSAFE!", "airflow-helm"},
        {ROW, "a25mQ1FHTUh3MnFRSk5KMEIyVVU2YmN0VGRyYTVXY08=", "bitnami"},
        {ROW, "YTI1bVExRkhUVWgzTW5GUlNrNUtNRUl5VlZVMlltTjA=", "bitnami"},
        {ROW, "airflow-web-server-key", "bitnami"},
        {ROW, "YWlyZmxvdy13ZWItc2VydmVyLWtleQ==", "bitnami"},
        {ROW, "fake-key-aYDdF6d+Fjznai5yBW63CUAi0IipJqDHlNSWIun6y8o=", "MWAA"},
        {ROW, "airflow_jwt_secret", "Airflow 3"},
        {ROW, "{JWT_SECRET_KEY}", "template"},
        {ROW, "airflow-api-server-key", "bitnami"},
        {ROW, "YWlyZmxvdy1hcGktc2VydmVyLWtleQ==", "bitnami"},
        {ROW, "fake-jwt-secret-for-local-testing-32-chars-min", "MWAA"},
        {ROW, "foo", "breeze"},
        {ROW, "test", "Docker"},
        {ROW, "temporary_key\n", NULL},
        {ROW, "Temporary_key", NULL},
        {ROW, "airflow_jwt_secret_", NULL},
        {ROW, "airflow-web-server-ke", NULL},
        {ROW, "", NULL},
    };
    foreach(row, table) {
        char text[FINGERPRINT_TEXT + 1];
        fingerprint(row->text, strlen(row->text), text);
        check(row->line, row->text, text, row->where);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_keys_are_known_in_each_spelling),
        cmocka_unit_test(published_values_are_known),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
