#include "entry/child.h"

#include "rings.h"

#define A "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
#define B "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
#define VAR "AIRFLOW__CORE__FERNET_KEY"

enum { MOST = 8 };

/* What the command gets, where the ring is AB and the environment delivers, or does not, or where Airflow
 * resolves a ..._SECRET itself. */
static const struct {
    int line;
    char *given[MOST];
    const char *delivered[MOST];
    const char *by_file[MOST];
    const char *by_secret[MOST];
} table[] = {
    {ROW, {NULL}, {VAR "=" A "," B}, {NULL}, {NULL}},
    {ROW,
     {"PATH=/bin", "HOME=/h", "AIRFLOW__CORE__X=1"},
     {"PATH=/bin", "HOME=/h", "AIRFLOW__CORE__X=1", VAR "=" A "," B},
     {"PATH=/bin", "HOME=/h", "AIRFLOW__CORE__X=1"},
     {"PATH=/bin", "HOME=/h", "AIRFLOW__CORE__X=1"}},
    {ROW,
     {"FERNIT_STORE=/s", "FERNIT_PORT=1", "FERNIT_IN_COMMAND=1", "FERNIT_", "X=1", "XFERNIT_=1"},
     {"X=1", "XFERNIT_=1", VAR "=" A "," B},
     {"X=1", "XFERNIT_=1"},
     {"X=1", "XFERNIT_=1"}},

    /* FERNET_KEY is kept in step where it was there. */
    {ROW, {"FERNET_KEY=" A}, {VAR "=" A "," B, "FERNET_KEY=" A "," B}, {NULL}, {"FERNET_KEY=" A}},
    {ROW, {"FERNET_KEY="}, {VAR "=" A "," B, "FERNET_KEY=" A "," B}, {NULL}, {"FERNET_KEY="}},
    {ROW,
     {VAR "=x", VAR "=y", "X=1"},
     {"X=1", VAR "=" A "," B},
     {"X=1"},
     {VAR "=x", VAR "=y", "X=1"}},

    /* What has been resolved goes, what only looks like it stays. */
    {ROW,
     {VAR "_FILE=/f", "FERNET_KEY_FILE=/f", VAR "_CMD=cat /f", VAR "_SECRET=s"},
     {VAR "=" A "," B},
     {NULL},
     {VAR "_FILE=/f", "FERNET_KEY_FILE=/f", VAR "_SECRET=s"}},
    {ROW,
     {VAR "_FILE=", "FERNET_KEY_FILE= ", VAR "_CMD=", VAR "_SECRET=", VAR "="},
     {VAR "=" A "," B},
     {NULL},
     {NULL}},
    {ROW,
     {VAR "_X=1", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD=x", "FERNET_KEY_=1", "fernet_key=1"},
     {VAR "_X=1", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD=x", "FERNET_KEY_=1", "fernet_key=1",
      VAR "=" A "," B},
     {VAR "_X=1", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD=x", "FERNET_KEY_=1", "fernet_key=1"},
     {VAR "_X=1", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD=x", "FERNET_KEY_=1", "fernet_key=1"}},
};

static void check(char *const given[MOST], const char *const expected[MOST], enum action action,
                  bool deliver, int line)
{
    struct error err = {0};
    char *environment[MOST + 1] = {NULL};
    for (size_t i = 0; i < MOST; i++)
        environment[i] = given[i];
    const struct settings settings = {.deliver_environment = deliver, .deliver_cfg = true};
    const struct context context = {.settings = &settings, .environment = environment};
    struct look look = {.decision = {.action = action}};
    _cleanup_environment_ struct environment child = {0};
    add_keys(&look.decision.ring, action == ACTION_SECRET ? "" : "AB");

    int built = child_environment(&child, &context, &look, &err);
    ring_free(&look.decision.ring);
    if (built != 0)
        fail_line(line, "%s", err.message);
    size_t count = 0;
    for (; count < MOST && expected[count]; count++)
        if (!same_text(child.list[count], expected[count]))
            fail_line(line, "%zu is %s, not %s", count, child.list[count], expected[count]);
    if (child.list[count])
        fail_line(line, "%s is too much", child.list[count]);
    for (size_t i = 0; i < MOST; i++)
        assert_ptr_equal(environment[i], given[i]);
}

static void the_environment_delivers_the_ring(void **state)
{
    (void)state;
    foreach(row, table) {
        check(row->given, row->delivered, ACTION_USE, true, row->line);
        check(row->given, row->delivered, ACTION_ADOPT, true, row->line);
    }
}

static void where_the_file_alone_delivers_nothing_stands_in_its_way(void **state)
{
    (void)state;
    foreach(row, table)
        check(row->given, row->by_file, ACTION_USE, false, row->line);
}

static void a_secret_of_airflows_own_is_left_to_it(void **state)
{
    (void)state;
    foreach(row, table) {
        check(row->given, row->by_secret, ACTION_SECRET, true, row->line);
        check(row->given, row->by_secret, ACTION_SECRET, false, row->line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_delivers_the_ring),
        cmocka_unit_test(where_the_file_alone_delivers_nothing_stands_in_its_way),
        cmocka_unit_test(a_secret_of_airflows_own_is_left_to_it),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
