/* Splits a URL into its parts, as SQLAlchemy or kombu does (airflow/url.h). Pure. */
#pragma once

#include "base/endpoint.h"

enum { URL_LIST = 1024 }; /* bytes for all values of one name in a query */

enum url_reader { URL_SQLALCHEMY, URL_KOMBU };

/* The driver's defaults, from the environment and the service file. `start` is NULL for one that is not set. */
struct url_defaults {
    struct span host;         /* PostgreSQL: the service's, else PGHOST */
    struct span hostaddr;     /* the service's, else PGHOSTADDR */
    struct span port;         /* the service's, else PGPORT */
    struct span mysql_socket; /* MYSQL_UNIX_PORT */
    struct span mysql_port;   /* MYSQL_TCP_PORT */
};

struct url_parts {
    struct span scheme;    /* "postgresql" of "postgresql+psycopg2" */
    struct span driver;    /* "psycopg2"; empty if the URL names none */
    struct span rest;      /* behind "://" */
    struct span authority; /* host and port, without the user */
    struct span path;      /* with its "/" */
    struct span query;     /* behind its "?" */
};

/* Fills scheme, driver and rest. Returns 0, or -1 with ERROR_INPUT. */
int url_scheme(struct span url, struct url_parts *parts, struct error *err);

/* Fills the other parts. Returns 0, or -1 with ERROR_INPUT: an "@" too many. */
int url_rest(struct url_parts *parts, enum url_reader reader, struct error *err);

/* Appends the text, decoded as Python's unquote does, to the string `list`. Returns 0, or -1 if it does not fit or
 * has a NUL in it. */
int url_unquote(struct span text, char list[URL_LIST]);

/* Fills `list` with all values of `name` in the query, separated by commas; "" if there is none. Returns as
 * url_unquote does. */
int url_query(struct span query, const char *name, char list[URL_LIST]);
