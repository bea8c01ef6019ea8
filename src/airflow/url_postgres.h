/* Where libpq connects. Pure. (PostgreSQL's manual: "Database Connection Control Functions", fe-connect.c)
 *
 * host, hostaddr and port are each taken from the URL, else from the service, else from PGHOST, PGHOSTADDR,
 * PGPORT. In the URL SQLAlchemy's ?host= and ?port= replace the authority's, and "?host=a:1&host=b:2" is a list
 * with ports. With several hosts in the query SQLAlchemy 2 ignores all other ports: a host without one gets the
 * default port.
 *
 * Each may be a list with commas. An address replaces the host at its position. A host that begins with "/" is the
 * folder of a unix socket; an empty one is /var/run/postgresql, the default of Debian and of psycopg2's wheels. A
 * single port is for all hosts.
 */
#pragma once

#include "airflow/url_parts.h"

/* Adds to *endpoints. `host` and `port` are the authority's. Returns 0, or -1 with ERROR_INPUT. */
int url_postgres(const struct url_parts *parts, struct span host, struct span port,
                 uint16_t fallback, const struct url_defaults *defaults,
                 struct endpoints *endpoints, struct error *err);
