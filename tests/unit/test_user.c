#include "process/user.h"

#include <unistd.h>

#include "table.h"

#define LONG_NAME                                                                                  \
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"                             \
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"                             \
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"                             \
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

enum { NO = -1 };

/* A side that is a number has the number, one that is a name NO. */
static const struct {
    const char *text;
    const char *user;
    long long uid;
    const char *group;
    long long gid;
} right[] = {
    {"airflow", "airflow", NO, NULL, NO},
    {"airflow:staff", "airflow", NO, "staff", NO},
    {"airflow:0", "airflow", NO, "0", 0},
    {"50000", "50000", 50000, NULL, NO},
    {"50000:0", "50000", 50000, "0", 0},
    {"50000:staff", "50000", 50000, "staff", NO},
    {"0", "0", 0, NULL, NO},
    {"0:0", "0", 0, "0", 0},
    {"007:08", "007", 7, "08", 8},
    {"4294967294:4294967294", "4294967294", 4294967294, "4294967294", 4294967294},
    {"2147483648", "2147483648", 2147483648, NULL, NO},
    {"1000a", "1000a", NO, NULL, NO},
    {"a1000", "a1000", NO, NULL, NO},
    {"x", "x", NO, NULL, NO},
    {"0a:0b", "0a", NO, "0b", NO},
    {"_apt", "_apt", NO, NULL, NO},
    {"machine$", "machine$", NO, NULL, NO},
    {"DOMAIN\\j.doe@example.com", "DOMAIN\\j.doe@example.com", NO, NULL, NO},
    {"j\xc3\xb6rg", "j\xc3\xb6rg", NO, NULL, NO},
    {"a-b:c-d", "a-b", NO, "c-d", NO},
    {LONG_NAME, LONG_NAME, NO, NULL, NO},
};

static const struct {
    const char *text;
    const char *says;
} wrong[] = {
    {"", "no user"},
    {":", "no user"},
    {":group", "no user"},
    {":0", "no user"},
    {"name:", "no group"},
    {"0:", "no group"},
    {"a:b:c", "more than one colon"},
    {"0:0:", "more than one colon"},
    {"a::b", "more than one colon"},
    {"4294967295", "too large"},
    {"4294967296", "too large"},
    {"0:4294967295", "too large"},
    {"0:4294967296", "too large"},
    {"18446744073709551616", "is too large"},
    {"99999999999999999999999999999999999999", "is too large"},
    {"-1", "a sign"},
    {"+1", "a sign"},
    {"-airflow", "a sign"},
    {"0:-1", "a sign"},
    {"0:+1", "a sign"},
    {"--", "a sign"},
    {"0x3e8", "decimal"},
    {"0X0", "decimal"},
    {"0:0x0", "decimal"},
    {" 1", "a blank"},
    {"1 ", "a blank"},
    {"1: 2", "a blank"},
    {"1\n", "a blank"},
    {"\t", "a blank"},
    {"air flow", "a blank"},
    {"air\x7f", "a blank"},
    {"1/2", "\"/\""},
    {"../root", "\"/\""},
    {"n" LONG_NAME, "too long"},
    {"n:n" LONG_NAME, "too long"},
};

static bool is_word(const struct user_word *word, const char *name, long long number)
{
    return same_text(word->name, name) && word->is_number == (number != NO) &&
           (!word->is_number || word->number == (id_t)number);
}

static void reads_names_and_numbers(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        struct user_spec spec;
        if (user_parse(row->text, &spec, &err) != 0)
            fail_msg("\"%s\": refused: %s", row->text, err.message);
        if (!is_word(&spec.user, row->user, row->uid))
            fail_msg("\"%s\": the user is %s", row->text, spec.user.name);
        if (spec.has_group != (row->group != NULL))
            fail_msg("\"%s\": the group is \"%s\"", row->text, spec.group.name);
        if (row->group && !is_word(&spec.group, row->group, row->gid))
            fail_msg("\"%s\": the group is %s", row->text, spec.group.name);
    }
}

static void names_what_is_wrong_with_it(void **state)
{
    (void)state;
    foreach(row, wrong) {
        struct error err = {0};
        struct user_spec spec;
        if (user_parse(row->text, &spec, &err) != -1)
            fail_msg("\"%s\" was taken for %s", row->text, spec.user.name);
        if (!error_says(&err, ERROR_USAGE, row->says))
            fail_msg("\"%s\": says %s", row->text, err.message);
    }
}

/* Of this machine's /etc/passwd: root is in every one. */
static void finds_a_user_by_name_as_by_number(void **state)
{
    (void)state;
    static const char *const texts[] = {"root", "0", "root:0", "0:root", "0:0", "00"};
    foreach(text, texts) {
        struct error err = {0};
        _cleanup_user_ struct user user = {0};
        if (user_find(*text, &user, &err) != 0)
            fail_msg("\"%s\": %s", *text, err.message);
        if (user.uid != 0 || user.gid != 0 || !same_text(user.name, "root") || *user.home != '/')
            fail_msg("\"%s\": got %s, %u:%u, %s", *text, user.name, user.uid, user.gid, user.home);
        if (user.group_count < 1 || (user.has_group && user.group_count != 1))
            fail_msg("\"%s\": has %zu groups", *text, user.group_count);
        for (size_t i = 1; i < user.group_count; i++)
            if (user.groups[i - 1] >= user.groups[i])
                fail_msg("\"%s\": its groups are not in order", *text);
    }
}

static void a_number_needs_no_entry(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uid_t uid;
        gid_t gid;
        const char *name;
    } table[] = {
        {"1234567890", 1234567890, 0, "1234567890"},
        {"01234567890", 1234567890, 0, "1234567890"},
        {"1234567890:4294967294", 1234567890, 4294967294, "1234567890"},
        {"4294967294", 4294967294, 0, "4294967294"},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_user_ struct user user = {0};
        if (user_find(row->text, &user, &err) != 0)
            fail_msg("\"%s\": %s", row->text, err.message);
        if (user.uid != row->uid || user.gid != row->gid || !same_text(user.name, row->name) ||
            !same_text(user.home, "/"))
            fail_msg("\"%s\": got %s, %u:%u, %s", row->text, user.name, user.uid, user.gid,
                     user.home);
        if (user.group_count != 1 || user.groups[0] != row->gid)
            fail_msg("\"%s\": has other groups", row->text);
    }
}

static void a_name_needs_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } table[] = {
        {"nouser", "no user nouser in /etc/passwd"},
        {"nouser:0", "no user nouser in /etc/passwd"},
        {"0:nogroup2", "no group nogroup2 in /etc/group"},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_user_ struct user user = {0};
        if (user_find(row->text, &user, &err) != -1)
            fail_msg("\"%s\" was found", row->text);
        if (!error_says(&err, ERROR_INPUT, row->says))
            fail_msg("\"%s\": says %s", row->text, err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names_and_numbers),
        cmocka_unit_test(names_what_is_wrong_with_it),
        cmocka_unit_test(finds_a_user_by_name_as_by_number),
        cmocka_unit_test(a_number_needs_no_entry),
        cmocka_unit_test(a_name_needs_one),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
