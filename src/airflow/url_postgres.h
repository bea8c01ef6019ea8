/* Where libpq connects. Pure. (PostgreSQL's manual: "Database Connection Control Functions", fe-connect.c)
 *
 * Each of host, hostaddr and port is what the URL says, else what the service says, else PGHOST, PGHOSTADDR, PGPORT. In the URL
 * SQLAlchemy's ?host= and ?port= come before what stands in front of the path, and "?host=a:1&host=b:2" is a list with ports. As
 * SQLAlchemy 2 has it, several hosts in the query leave no port to anybody else: one without its own has the usual one.
 *
 * Each may be a list, with commas. An address is connected to in place of the host beside it. A host that begins with "/" is the
 * folder of a unix socket; an empty one is /var/run/postgresql, where Debian and the wheels of psycopg2 have it. One port is
 * for all hosts.
 */
#pragma once

#include "airflow/url_parts.h"

/* `host` and `port` are the authority's. Returns 0, or -1 with ERROR_INPUT. */
int url_postgres(const struct url_parts *parts, struct span host, struct span port,
                 uint16_t fallback, const struct url_defaults *defaults,
                 struct endpoints *endpoints, struct error *err);
