#include "cli/catalogue.h"

#include "table.h"

static void an_id_says_whether_it_is_about_security(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        bool security;
    } table[] = {
        {"published-key", true},
        {"readable-store", true},
        {"readable-cfg", true},
        {"modeless-store", true},
        {"empty-value", false},
        {"unknown-variable", false},
        {"left-unseen", false},
        {"no-such-id", false},
        {"no-volume", false},
        {"published", false},
        {"", false},
    };
    foreach(row, table)
        if (warning_is_security(row->id) != row->security)
            fail_msg("%s", row->id);
}

static void every_id_has_one_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalogue_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(catalogue[i].id, catalogue[j].id) == 0)
                fail_msg("%s is there twice", catalogue[i].id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_says_whether_it_is_about_security),
        cmocka_unit_test(every_id_has_one_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
