#include "base/duration.h"

#include "base/shown.h"
#include "table.h"

static const struct {
    const char *text;
    int64_t milliseconds;
} right[] = {
    {"0", 0},          {"00", 0},           {"0ms", 0},           {"0s", 0},
    {"0h", 0},         {"1ms", 1},          {"500ms", 500},       {"1s", 1000},
    {"10s", 10000},    {"007s", 7000},      {"2m", 120000},       {"1h", 3600000},
    {"24h", 86400000}, {"1440m", 86400000}, {"86400s", 86400000}, {"86400000ms", 86400000},
};

static const char *const wrong[] = {
    "",
    "10",
    "s",
    "-1s",
    "+1s",
    " 1s",
    "1s ",
    "1 s",
    "1.5s",
    "1S",
    "1Ms",
    "0x1s",
    "1sec",
    "1m30s",
    "1d",
    "25h",
    "1441m",
    "0 ",
    "0x",
    "86400001ms",
    "99999999999999999999s",
    "99999999999999999999",
    "9223372036854775807ms",
    "1e3s",
    "\xd9\xa1s",
    "1s\n",
    "never",
};

static void reads_what_people_write(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        int64_t got = -1;
        if (duration_parse(row->text, &got, &err) != 0 || got != row->milliseconds)
            fail_msg("\"%s\": got %lld, %s", row->text, (long long)got, err.message);
    }
}

static void refuses_what_could_mean_two_things(void **state)
{
    (void)state;
    foreach(text, wrong) {
        struct error err = {0};
        int64_t got = -1;
        if (duration_parse(*text, &got, &err) != -1 || got != -1)
            fail_msg("\"%s\" was taken as %lld ms", *text, (long long)got);
        /* A message is one line. */
        if (err.kind != ERROR_USAGE || !memmem(err.message, strlen(err.message), shown_value(*text),
                                               strcspn(shown_value(*text), "\n")))
            fail_msg("\"%s\": says %s", *text, err.message);
    }
}

static void what_is_too_long_is_told_from_what_has_no_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } table[] = {
        {"25h", "longer than a day"}, {"99999999999999999999s", "longer than a day"},
        {"10", "is not a duration"},  {"10 s", "is not a duration"},
        {"s", "is not a duration"},   {"3weeks", "is not a duration"},
    };
    foreach(row, table) {
        struct error err = {0};
        int64_t got = -1;
        duration_parse(row->text, &got, &err);
        if (!error_says(&err, ERROR_USAGE, row->says))
            fail_msg("\"%s\": says %s", row->text, err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_people_write),
        cmocka_unit_test(refuses_what_could_mean_two_things),
        cmocka_unit_test(what_is_too_long_is_told_from_what_has_no_unit),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
