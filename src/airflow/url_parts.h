/* A URL of Airflow's in its parts, as SQLAlchemy or kombu reads them (airflow/url.h). Pure. */
#pragma once

#include "base/endpoint.h"

enum { URL_LIST = 1024 }; /* bytes of all values that one name has in a query */

enum url_reader { URL_SQLALCHEMY, URL_KOMBU };

/* What the database's driver takes from its surroundings where the URL does not say it. `start` is NULL where it is not set. */
struct url_defaults {
    struct span host;         /* of PostgreSQL: the service's, else PGHOST */
    struct span hostaddr;     /* the service's, else PGHOSTADDR */
    struct span port;         /* the service's, else PGPORT */
    struct span mysql_socket; /* MYSQL_UNIX_PORT */
    struct span mysql_port;   /* MYSQL_TCP_PORT */
};

struct url_parts {
    struct span scheme;    /* "postgresql" of "postgresql+psycopg2" */
    struct span driver;    /* "psycopg2"; empty where none is named */
    struct span rest;      /* behind "://" */
    struct span authority; /* behind the user */
    struct span path;      /* with its "/" */
    struct span query;     /* behind its "?" */
};

/* Fills scheme, driver and rest. Returns 0, or -1 with ERROR_INPUT. */
int url_scheme(struct span url, struct url_parts *parts, struct error *err);

/* Fills the others. Returns 0, or -1 with ERROR_INPUT: an "@" too many. */
int url_rest(struct url_parts *parts, enum url_reader reader, struct error *err);

/* Puts the text, as Python's unquote reads it, behind what is in `list`, which it ends. Returns 0, or -1 where it does not
 * fit, or has a NUL in it. */
int url_unquote(struct span text, char list[URL_LIST]);

/* All values that the query has under that name, with commas between; "" where it has none. As above. */
int url_query(struct span query, const char *name, char list[URL_LIST]);
