#include "airflow/pg_service.h"

#include <stdio.h>

#include "table.h"

static const struct {
    int line;
    const char *text;
    int found;
    const char *values; /* "host hostaddr port", "-" for what is not set; or what the error says */
} table[] = {
    {ROW, "", 0, "- - -"},
    {ROW, "[x]", 1, "- - -"},
    {ROW, "[x]\nhost=h\nport=1\n", 1, "h - 1"},
    {ROW, "# it\r\n\r\n  [x]  \r\n  host=h  \r\n# port=1\r\nhostaddr=::1\r\n", 1, "h ::1 -"},
    {ROW, "[a]\nhost=a\n[x]\nhost=x\n[b]\nhost=b\nport=2\n", 1, "x - -"},
    {ROW, "[xy]\nhost=a\n[x]y\nhost=x\n", 1, "x - -"},
    {ROW, "[x]\nhost=1\n[x]\nhost=2\nport=2\n", 1, "1 - -"},
    {ROW, "[x]\nhost=1\nhost=2\n", 1, "1 - -"},
    {ROW, "[x]\nhost=\n", 1, " - -"},
    {ROW, "[x]\nhost=a=b\nuser=u\n", 1, "a=b - -"},
    {ROW, "[x]\nHOST=a\nhost =b\n", 1, "- - -"},
    {ROW, "[X]\nhost=a\n", 0, "- - -"},
    {ROW, "host=a\n[y]\nnonsense\n", 0, "- - -"},
    {ROW, "[x]\nnonsense\n", -1, "no \"=\""},
    {ROW, "[x]\nservice=y\n", -1, "names another service"},
    {ROW, "[x]\nldap://h/dn?a?b?c\n", -1, "LDAP"},
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
