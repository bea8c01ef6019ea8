/* Finds a service in a PostgreSQL service file. Pure. (PostgreSQL's manual: "The Connection Service File";
 * fe-connect.c parseServiceFile)
 *
 *     [airflow]
 *     host=db.example.org
 *     port=6432
 *
 * A service ends at the next "[". Of two lines with one name the first is used. There are no blanks around "=".
 * Errors: a line without "=", a line that names another service (both for libpq, too), and a line that asks LDAP.
 */
#pragma once

#include "airflow/url.h"

/* Fills host, hostaddr and port of *defaults, unless they are set; they then point into `text`.
 * Returns 1; 0 if the file does not have the service; or -1 with ERROR_INPUT. */
int pg_service_find(struct span text, const char *service, struct url_defaults *defaults,
                    struct error *err);
