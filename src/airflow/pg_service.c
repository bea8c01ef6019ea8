#include "airflow/pg_service.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"

static bool is_section(struct span line, const char *service)
{
    size_t length = strlen(service);
    return line.length > length + 1 && strncmp(line.start + 1, service, length) == 0 &&
           line.start[length + 1] == ']';
}

static int read_line(struct span line, struct url_defaults *defaults, struct error *err)
{
    struct span name = span_first(line, span_until(line, "="));
    struct span value = span_from(line, name.length + 1);
    struct span *known = span_is(name, "host")       ? &defaults->host
                         : span_is(name, "hostaddr") ? &defaults->hostaddr
                         : span_is(name, "port")     ? &defaults->port
                                                     : NULL;
    if (line.length >= 4 && memcmp(line.start, "ldap", 4) == 0)
        return error_input(err, "has the service looked up by LDAP, which fernit does not do");
    if (name.length == line.length)
        return error_input(err, "a line of the service has no \"=\"");
    if (span_is(name, "service"))
        return error_input(err, "the service names another service, which libpq refuses");
    if (known && !known->start)
        *known = value;
    return 0;
}

int pg_service_find(struct span text, const char *service, struct url_defaults *defaults,
                    struct error *err)
{
    struct span whole;
    struct span line;
    bool found = false;
    struct lines lines = lines_of(text.start, text.length);
    while (lines_next(&lines, &whole, &line)) {
        if (line.length == 0 || *line.start == '#')
            continue;
        if (*line.start == '[' && found)
            break;
        if (*line.start == '[')
            found = is_section(line, service);
        else if (found && read_line(line, defaults, err) < 0)
            return -1;
    }
    return found;
}
