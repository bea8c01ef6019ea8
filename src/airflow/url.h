/* Whom a URL of Airflow's leads to: the metadata database's, the broker's. Pure.
 *
 * They are read as those who connect read them:
 *
 *   - that of the database by the regular expression of SQLAlchemy's make_url (lib/sqlalchemy/engine/url.py): a password
 *     goes on to the next "@", whatever stands between. What that takes for the host never begins before an "@"; so a
 *     password with "@" in it is read as SQLAlchemy 1.3 reads it;
 *   - that of the broker as kombu does it, by Python's urlsplit (kombu/utils/url.py): the user ends at the last "@" before
 *     "/", "?" or "#"; several URLs stand between ";", and "sqla+" stands in front of one of SQLAlchemy's.
 *
 * What is missing the drivers fill in, and so does this: the port; "localhost" for a broker; for PostgreSQL what
 * airflow/url_postgres.h says, for MySQL what airflow/url_mysql.h says.
 */
#pragma once

#include <stdbool.h>

#include "airflow/url_parts.h"
#include "base/endpoint.h"

struct error;

/* Puts all hosts into *endpoints: one that answers is enough. None, where there is nothing that could be waited for: a file
 * (sqlite), a service of a cloud's that has no host of its own (sqs).
 * Returns 0, or -1 with ERROR_INPUT, which shows nothing of the URL: where it has an "@" too many, it cannot be told what is a
 * host, and what a part of its password. */
int url_endpoints(const char *url, enum url_reader reader, const struct url_defaults *defaults,
                  struct endpoints *endpoints, struct error *err);

/* Whether libpq connects to this URL of SQLAlchemy's, and so reads its variables and a service. If so, `service` and `file` are
 * what its query says of them: ?service=, and ?servicefile= (from PostgreSQL 18 on); "" where it does not. */
bool url_is_postgres(const char *url, char service[URL_LIST], char file[URL_LIST]);
