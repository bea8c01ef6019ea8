/* PostgreSQL's service files: what one says of where a service is. Pure. (PostgreSQL's manual: "The Connection Service File";
 * fe-connect.c parseServiceFile)
 *
 *     [airflow]
 *     host=db.example.org
 *     port=6432
 *
 * A service goes on to the next "["; of two lines with one name the first counts; no blanks around "=". A line without "=", one
 * that names another service, and one that asks LDAP are errors: the first two to libpq as well.
 */
#pragma once

#include "airflow/url.h"

/* Puts what the service says into host, hostaddr and port of *defaults, which then point into `text`.
 * Returns 1; 0 where the file does not define it; or -1 with ERROR_INPUT. */
int pg_service_find(struct span text, const char *service, struct url_defaults *defaults,
                    struct error *err);
