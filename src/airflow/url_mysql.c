#include "airflow/url_mysql.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"

enum { MYSQL_PORT = 3306 };

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

static int add_for_c_library(struct span socket, struct span host, struct span port,
                             const struct url_defaults *defaults, struct endpoints *endpoints,
                             struct error *err)
{
    bool is_local = host.length == 0 || span_is(host, "localhost");
    struct span *own = is_local ? &socket : &port;
    struct span fallback = is_local ? defaults->mysql_socket : defaults->mysql_port;
    bool uses_fallback = own->length == 0 && fallback.length > 0;
    if (uses_fallback)
        *own = fallback;
    if (socket.length == 0)
        socket = span_of("/run/mysqld/mysqld.sock");
    int added = is_local ? endpoints_add_path(endpoints, socket, err)
                         : endpoints_add_host(endpoints, host, port, MYSQL_PORT, err);
    return added < 0 && uses_fallback
               ? error_within(err, "%s", is_local ? "MYSQL_UNIX_PORT" : "MYSQL_TCP_PORT")
               : added;
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

    if (is_c_library)
        return add_for_c_library(span_of(query.socket), host, port, defaults, endpoints, err);
    if (*query.socket)
        return endpoints_add_path(endpoints, span_of(query.socket), err);
    if (host.length == 0 && !span_is(parts->driver, "pyodbc"))
        host = span_of("localhost");
    return endpoints_add_host(endpoints, host, port, MYSQL_PORT, err);
}
