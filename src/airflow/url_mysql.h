/* Where MySQL's drivers connect. Pure.
 *
 * SQLAlchemy passes the parts of the URL and then its query to the driver (lib/sqlalchemy/dialects/mysql/mysqldb.py
 * create_connect_args; pymysql.py inherits it), so ?host= and ?port= replace the URL's host and port. mysqlclient
 * and PyMySQL refuse ?port=, because they get it as text; the connectors of MySQL and MariaDB accept it.
 *
 *   - mysqlclient (the default driver) and mariadbconnector use the C library. Without a host, or with "localhost"
 *     in lower case, it connects to a unix socket and ignores the port: ?unix_socket=, else MYSQL_UNIX_PORT, else
 *     Debian's default, which Airflow's official image also has. With another host it ignores ?unix_socket=. The
 *     port is the URL's, else MYSQL_TCP_PORT, else 3306. (mysql_real_connect)
 *   - PyMySQL and all others: ?unix_socket= is used before any host; without a host "localhost" by TCP.
 *     (pymysql/connections.py)
 *
 * ?read_default_file= and ?read_default_group= name option files, which fernit does not read. They are an error if
 * the URL has no host.
 */
#pragma once

#include "airflow/url_parts.h"

/* Adds to *endpoints. `host` and `port` are the authority's. Returns 0, or -1 with ERROR_INPUT. */
int url_mysql(const struct url_parts *parts, struct span host, struct span port,
              const struct url_defaults *defaults, struct endpoints *endpoints, struct error *err);
