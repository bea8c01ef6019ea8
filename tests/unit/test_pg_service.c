#include "airflow/pg_service.h"

#include <stdio.h>

#include "table.h"

static const struct {
    int line;
    int found;
    const char *text;
    const char *values; /* "host hostaddr port", "-" for what is not set; or what the error says */
} table[] = {
    {ROW, 0, "", "- - -"},
    {ROW, 1, "[x]", "- - -"},
    {ROW, 1, "[x]\nhost=h\nport=1\n", "h - 1"},
    {ROW, 1, "# it\r\n\r\n  [x]  \r\n  host=h  \r\n# port=1\r\nhostaddr=::1\r\n", "h ::1 -"},
    {ROW, 1, "[a]\nhost=a\n[x]\nhost=x\n[b]\nhost=b\nport=2\n", "x - -"},
    {ROW, 1, "[xy]\nhost=a\n[x]y\nhost=x\n", "x - -"},
    {ROW, 1, "[x]\nhost=1\n[x]\nhost=2\nport=2\n", "1 - -"},
    {ROW, 1, "[x]\nhost=1\nhost=2\n", "1 - -"},
    {ROW, 1, "[x]\nhost=\n", " - -"},
    {ROW, 1, "[x]\nhost=a=b\nuser=u\n", "a=b - -"},
    {ROW, 1, "[x]\nHOST=a\nhost =b\n", "- - -"},
    {ROW, 0, "[X]\nhost=a\n", "- - -"},
    {ROW, 0, "host=a\n[y]\nnonsense\n", "- - -"},
    {ROW, -1, "[x]\nnonsense\n", "no \"=\""},
    {ROW, -1, "[x]\nservice=y\n", "names another service"},
    {ROW, -1, "[x]\nldap://h/dn?a?b?c\n", "LDAP"},
};

static const char *text_of_value(struct span value, char text[16])
{
    snprintf(text, 16, "%.*s", (int)value.length, value.start ? value.start : "-");
    return value.start ? text : "-";
}

static void a_service_is_read_as_libpq_reads_it(void **state)
{
    (void)state;
    foreach(row, table) {
        char got[64];
        char values[3][16];
        struct error err = {0};
        struct url_defaults defaults = {.host = {0}};
        int found = pg_service_find(span_of(row->text), "x", &defaults, &err);
        if (found != row->found)
            fail_row(row, "%d, %s", found, err.message);
        if (found < 0) {
            if (!error_says(&err, ERROR_INPUT, row->values))
                fail_row(row, "says %s", err.message);
            continue;
        }
        snprintf(got, sizeof got, "%s %s %s", text_of_value(defaults.host, values[0]),
                 text_of_value(defaults.hostaddr, values[1]),
                 text_of_value(defaults.port, values[2]));
        if (strcmp(got, row->values) != 0)
            fail_row(row, "%s", got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_is_read_as_libpq_reads_it),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
