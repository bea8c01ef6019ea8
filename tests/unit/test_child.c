#include "run/child.h"

#include "airflow/version.h"
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

/* The items: the first `count` of all secrets, as if nothing had been found for them. */
static void begin_items(struct findings *findings, size_t count)
{
    findings->count = count;
    for (size_t i = 0; i < count; i++) {
        findings->items[i].secret = &managed_secrets[i];
        findings->items[i].decision.ring.is_value = managed_secrets[i].is_value;
        findings->items[i].unkept.is_value = managed_secrets[i].is_value;
    }
}

static void check_environment(char *const given[MOST], const char *const expected[MOST],
                              const struct findings *findings, bool deliver, int line)
{
    struct error err = {0};
    char *environment[MOST + 1] = {NULL};
    for (size_t i = 0; i < MOST; i++)
        environment[i] = given[i];
    const struct settings settings = {.deliver_environment = deliver, .deliver_cfg = true};
    const struct context context = {.settings = &settings, .environment = environment};
    _cleanup_environment_ struct environment child = {0};

    if (child_environment(&child, &context, findings, &err) != 0)
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

static void check(char *const given[MOST], const char *const expected[MOST], enum action action,
                  bool deliver, int line)
{
    static struct findings findings;
    findings = (struct findings){0};
    begin_items(&findings, 1);
    findings.items[0].decision.action = action;
    if (action == ACTION_USE)
        findings.items[0].delivers = &findings.items[0].decision.ring;
    add_keys(&findings.items[0].decision.ring, action == ACTION_SECRET ? "" : "AB");
    check_environment(given, expected, &findings, deliver, line);
    ring_free(&findings.items[0].decision.ring);
}

static void the_environment_delivers_the_ring(void **state)
{
    (void)state;
    foreach(row, table)
        check(row->given, row->delivered, ACTION_USE, true, row->line);
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

#define UNKNOWN AIRFLOW_UNKNOWN
#define WEB "AIRFLOW__WEBSERVER__SECRET_KEY"
#define API "AIRFLOW__API__SECRET_KEY"
#define JWT "AIRFLOW__API_AUTH__JWT_SECRET"

/* The Fernet key is A; then the secret key is s3, and the JWT secret is left to Airflow, unless `jwt` is made for
 * this process alone. */
static const struct {
    int line;
    int airflow;
    bool deliver;
    const char *jwt;
    char *given[MOST];
    const char *expected[MOST];
} several[] = {
    {ROW, UNKNOWN, true, NULL, {NULL}, {VAR "=" A, WEB "=s3"}},
    {ROW, UNKNOWN, false, NULL, {NULL}, {NULL}},
    {ROW, UNKNOWN, true, "j", {NULL}, {VAR "=" A, WEB "=s3", JWT "=j"}},
    {ROW, UNKNOWN, false, "j", {"X=1", JWT "=x"}, {"X=1"}},
    {ROW,
     UNKNOWN,
     true,
     NULL,
     {API "=x", WEB "_FILE=/f", API "_CMD=x", WEB "_SECRET=x", "SECRET_KEY=x"},
     {"SECRET_KEY=x", VAR "=" A, WEB "=s3", API "=s3"}},
    {ROW,
     UNKNOWN,
     true,
     NULL,
     {JWT "_SECRET=x", JWT "=", JWT "_CMD=x", JWT "_FILE="},
     {JWT "_SECRET=x", VAR "=" A, WEB "=s3"}},
    {ROW, UNKNOWN, false, NULL, {API "=x", WEB "=x", JWT "_SECRET=x"}, {JWT "_SECRET=x"}},

    /* A name that Airflow does not know goes, an old one that it hides is kept in step if it was there. */
    {ROW, AIRFLOW(2, 11, 0), true, "j", {API "=x", JWT "=x"}, {VAR "=" A, WEB "=s3"}},
    {ROW, AIRFLOW(2, 11, 0), true, "j", {API "_FILE=/f", WEB "=x"}, {VAR "=" A, WEB "=s3"}},
    {ROW, AIRFLOW(3, 0, 1), true, "j", {API "=x"}, {VAR "=" A, WEB "=s3", JWT "=j"}},
    {ROW, AIRFLOW(3, 0, 2), true, "j", {NULL}, {VAR "=" A, API "=s3", JWT "=j"}},
    {ROW,
     AIRFLOW(3, 1, 0),
     true,
     "j",
     {WEB "=x", JWT "_CMD=x"},
     {VAR "=" A, WEB "=s3", API "=s3", JWT "=j"}},
    {ROW, AIRFLOW(3, 1, 0), false, "j", {WEB "=x", API "=x"}, {NULL}},

    /* One that was not asked for stays as it is. */
    {ROW,
     UNKNOWN,
     false,
     NULL,
     {"AIRFLOW__CORE__INTERNAL_API_SECRET_KEY=x", "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY_CMD=x"},
     {"AIRFLOW__CORE__INTERNAL_API_SECRET_KEY=x", "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY_CMD=x"}},
};

static void each_secret_goes_by_the_names_that_this_airflow_knows(void **state)
{
    (void)state;
    static struct findings findings;
    foreach(row, several) {
        struct error err = {0};
        findings = (struct findings){0};
        begin_items(&findings, 3);
        findings.airflow = row->airflow;
        add_keys(&findings.items[0].decision.ring, "A");
        struct ring *const secret = &findings.items[1].decision.ring;
        struct item *const jwt = &findings.items[2];
        assert_int_equal(ring_parse(secret, "s3", 2, &err), 0);
        jwt->decision.action = row->jwt ? ACTION_GENERATE : ACTION_SECRET;
        for (size_t i = 0; i < 2; i++)
            findings.items[i].delivers = &findings.items[i].decision.ring;
        jwt->delivers = row->jwt ? &jwt->unkept : NULL;
        if (row->jwt)
            assert_int_equal(ring_parse(&jwt->unkept, row->jwt, strlen(row->jwt), &err), 0);
        check_environment(row->given, row->expected, &findings, row->deliver, row->line);
        for (size_t i = 0; i < findings.count; i++) {
            ring_free(&findings.items[i].decision.ring);
            ring_free(&findings.items[i].unkept);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_delivers_the_ring),
        cmocka_unit_test(where_the_file_alone_delivers_nothing_stands_in_its_way),
        cmocka_unit_test(a_secret_of_airflows_own_is_left_to_it),
        cmocka_unit_test(each_secret_goes_by_the_names_that_this_airflow_knows),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
