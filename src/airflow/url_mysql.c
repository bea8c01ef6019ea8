#include "airflow/url_mysql.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"

enum { MYSQL_PORT = 3306 };

static const char built_in_socket[] = "/run/mysqld/mysqld.sock";

struct query {
    char host[URL_LIST];
    char port[URL_LIST];
    char socket[URL_LIST];
    char file[URL_LIST];
    char group[URL_LIST];
};

static int read_query(struct span text, struct query *query, struct error *err)
{
    if (url_query(text, "host", query->host) < 0 || url_query(text, "port", query->port) < 0 ||
        url_query(text, "unix_socket", query->socket) < 0 ||
        url_query(text, "read_default_file", query->file) < 0 ||
        url_query(text, "read_default_group", query->group) < 0)
        return error_input(err, "has too long a query");
    return 0;
}

static int add_socket(const char *path, struct span other, struct endpoints *endpoints,
                      struct error *err)
{
    char text[URL_LIST];
    if (*path == '\0' && other.length > 0 && other.length < sizeof text) {
        memcpy(mempcpy(text, other.start, other.length), "", 1);
        path = text;
    }
    return endpoints_add_path(endpoints, *path ? path : built_in_socket, err);
}

int url_mysql(const struct url_parts *parts, struct span host, struct span port,
              const struct url_defaults *defaults, struct endpoints *endpoints, struct error *err)
{
    struct query query;
    bool is_c_library = parts->driver.length == 0 || span_is(parts->driver, "mysqldb") ||
                        span_is(parts->driver, "mariadbconnector");
    if (read_query(parts->query, &query, err) < 0)
        return -1;
    if (*query.host)
        host = span_of(query.host);
    if (*query.port)
        port = span_of(query.port);
    bool is_named = host.length > 0 || *query.socket;
    if (!is_named && (*query.file || *query.group))
        return error_input(err, "names no host, and fernit does not read MySQL's option files "
                                "(read_default_file, read_default_group)");

    bool is_local = host.length == 0 || span_is(host, "localhost");
    if (is_c_library ? is_local : *query.socket)
        return add_socket(query.socket, defaults->mysql_socket, endpoints, err);
    if (is_c_library && port.length == 0 && defaults->mysql_port.start)
        port = defaults->mysql_port;
    if (host.length == 0 && !span_is(parts->driver, "pyodbc"))
        host = span_of("localhost");
    return endpoints_add_host(endpoints, host, port, MYSQL_PORT, err);
}
