/* Where MySQL's drivers connect. Pure.
 *
 * SQLAlchemy hands the parts of the URL and then the query to the driver (lib/sqlalchemy/dialects/mysql/mysqldb.py
 * create_connect_args; pymysql.py inherits it), so ?host= and ?port= replace what stands in front of the path. mysqlclient and
 * PyMySQL refuse ?port=, which is text to them; MySQL's and MariaDB's own connectors take it.
 *
 *   - mysqlclient, which is the driver where the URL names none, and mariadbconnector stand on the C library. Without a host, or
 *     with "localhost" (in lower case), it connects to a unix socket, whatever the port: ?unix_socket=, else MYSQL_UNIX_PORT, else
 *     the one that Debian builds in, where the official image of Airflow has it, too. With another host ?unix_socket= is not
 *     used. The port: the URL's, else MYSQL_TCP_PORT, else 3306. (mysql_real_connect)
 *   - PyMySQL and all others: ?unix_socket= before any host; without a host "localhost" by TCP. (pymysql/connections.py)
 *
 * ?read_default_file= and ?read_default_group= name option files, which are not read here: where the URL itself has no host, that
 * is an error.
 */
#pragma once

#include "airflow/url_parts.h"

/* `host` and `port` are the authority's. Returns 0, or -1 with ERROR_INPUT. */
int url_mysql(const struct url_parts *parts, struct span host, struct span port,
              const struct url_defaults *defaults, struct endpoints *endpoints, struct error *err);
