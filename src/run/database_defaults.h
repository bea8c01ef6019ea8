/* What the database's driver will find around it: its variables, and PostgreSQL's service files. */
#pragma once

#include "airflow/url.h"
#include "base/secret.h"

struct error;

struct database_defaults {
    struct url_defaults values; /* they point into the environment, and into `service` */
    struct secret service;      /* the service file: it may hold a password */
};

/* Finds them as libpq will for this URL of the database's, in the command's environment:
 *
 *   - the service is ?service= of the URL, else PGSERVICE;
 *   - it is looked for in ?servicefile=, else PGSERVICEFILE, else ~/.pg_service.conf, where there is one; then in pg_service.conf
 *     in PGSYSCONFDIR, else in /etc/postgresql-common, where Debian's libpq and the one in psycopg2's wheels look.
 *
 * Returns 0, or -1 with ERROR_INPUT: a service that is named and that no file defines, a file that cannot be read as libpq reads
 * it; ERROR_SYSTEM. */
int database_defaults_find(const char *url, char *const *environment,
                           struct database_defaults *defaults, struct error *err);

void database_defaults_free(struct database_defaults *defaults);
#define _cleanup_database_defaults_ _cleanup_(database_defaults_free)
