/* Defaults of the database's driver: its environment variables, and PostgreSQL's service files. */
#pragma once

#include "airflow/url.h"
#include "base/secret.h"

struct error;

struct database_defaults {
    struct url_defaults values; /* point into the environment and into `service` */
    struct secret service;      /* the service file: it may hold a password */
};

/* Finds the defaults that libpq will use for this database URL in the command's environment:
 *
 *   - the service is the URL's ?service=, else PGSERVICE;
 *   - its file is ?servicefile=, else PGSERVICEFILE, else ~/.pg_service.conf if it exists. Then comes pg_service.conf
 *      in PGSYSCONFDIR, else in /etc/postgresql-common, where Debian's libpq and the one in psycopg2's wheels look.
 *
 * Returns 0, or -1: ERROR_INPUT (no file defines the service that is named; a file that libpq could not read either),
 * ERROR_SYSTEM. */
int database_defaults_find(const char *url, char *const *environment,
                           struct database_defaults *defaults, struct error *err);

void database_defaults_free(struct database_defaults *defaults);
#define _cleanup_database_defaults_ _cleanup_(database_defaults_free)
