/* The hosts and ports in the URLs of Airflow's metadata database and broker. Pure.
 *
 * A URL is read as the library that connects reads it:
 *
 *   - the database's by the regular expression of SQLAlchemy's make_url (lib/sqlalchemy/engine/url.py): a password
 *     ends at the next "@", whatever characters it has. There the host never begins before an "@", so a password
 *     with "@" in it is read as SQLAlchemy 1.3 reads it;
 *   - the broker's as kombu reads it, by Python's urlsplit (kombu/utils/url.py): the user ends at the last "@"
 *     before "/", "?" or "#"; several URLs are separated by ";"; "sqla+" is followed by a URL of SQLAlchemy's.
 *
 * Missing parts get the drivers' defaults: the port; "localhost" for a broker; for PostgreSQL see
 * airflow/url_postgres.h, for MySQL airflow/url_mysql.h.
 */
#pragma once

#include <stdbool.h>

#include "airflow/url_parts.h"
#include "base/endpoint.h"

struct error;

/* Puts all hosts into *endpoints: it is enough that one of them answers. A URL without a host has none: a file
 * (sqlite), a cloud service (sqs).
 * Returns 0, or -1 with ERROR_INPUT. The message shows nothing of the URL: with an "@" too many, the host could be
 * a part of the password. */
int url_endpoints(const char *url, enum url_reader reader, const struct url_defaults *defaults,
                  struct endpoints *endpoints, struct error *err);

/* Whether libpq connects to this URL of SQLAlchemy's, and so reads its variables and a service. If so, fills
 * `service` and `file` from its query: ?service=, and ?servicefile= (from PostgreSQL 18 on); "" if it has none. */
bool url_is_postgres(const char *url, char service[URL_LIST], char file[URL_LIST]);
