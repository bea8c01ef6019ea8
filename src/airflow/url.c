#include "airflow/url.h"

#include <string.h>
#include <strings.h>

#include "airflow/url_mysql.h"
#include "airflow/url_parts.h"
#include "airflow/url_postgres.h"
#include "base/error.h"

/* What a URL of a scheme leads to. */
enum kind {
    LEADS_NOWHERE, /* no host */
    LEADS_TO_HOST,
    LEADS_TO_BROKER, /* on localhost if the URL names no host */
    LEADS_TO_POSTGRES,
    LEADS_TO_MYSQL,
    LEADS_TO_DATABASE, /* whose URL follows the "+" */
};

struct service {
    char scheme[12];
    uint16_t port;
    uint16_t kind;
};

static const struct service services[] = {
    {"postgresql", 5432, LEADS_TO_POSTGRES},
    {"postgres", 5432, LEADS_TO_POSTGRES},
    {"cockroachdb", 26257, LEADS_TO_POSTGRES},
    {"mysql", 3306, LEADS_TO_MYSQL},
    {"mariadb", 3306, LEADS_TO_MYSQL},
    {"mssql", 1433, LEADS_TO_HOST},
    {"oracle", 1521, LEADS_TO_HOST},
    {"sqlite", 0, LEADS_NOWHERE},
    {"redis", 6379, LEADS_TO_BROKER},
    {"rediss", 6379, LEADS_TO_BROKER},
    {"sentinel", 26379, LEADS_TO_BROKER},
    {"amqp", 5672, LEADS_TO_BROKER},
    {"amqps", 5671, LEADS_TO_BROKER},
    {"pyamqp", 5672, LEADS_TO_BROKER},
    {"librabbitmq", 5672, LEADS_TO_BROKER},
    {"sqla", 0, LEADS_TO_DATABASE},
    {"sqlalchemy", 0, LEADS_TO_DATABASE},
    {"sqs", 0, LEADS_NOWHERE},
    {"azure", 0, LEADS_NOWHERE}, /* azureservicebus, azurestoragequeues */
    {"gcpubsub", 0, LEADS_NOWHERE},
    {"filesystem", 0, LEADS_NOWHERE},
    {"memory", 0, LEADS_NOWHERE},
    {"", 0, LEADS_TO_HOST}, /* all others */
};

static const struct service *find(struct span scheme)
{
    const struct service *service = services;
    for (; *service->scheme; service++) {
        size_t known = strlen(service->scheme);
        bool fits =
            known == scheme.length || (known < scheme.length && service->kind == LEADS_NOWHERE);
        if (fits && strncasecmp(service->scheme, scheme.start, known) == 0)
            break;
    }
    return service;
}

static int read_socket(const struct url_parts *parts, struct endpoints *endpoints,
                       struct error *err)
{
    char path[URL_LIST] = "";
    return url_unquote(parts->path, path) < 0 ? error_input(err, "has too long a path")
                                              : endpoints_add_path(endpoints, span_of(path), err);
}

static int read_broker(struct span host, struct span port, uint16_t fallback,
                       struct endpoints *endpoints, struct error *err)
{
    char text[URL_LIST] = "";
    if (url_unquote(host, text) == 0)
        host = span_of(*text ? text : "localhost");
    return endpoints_add_host(endpoints, host, port, fallback, err);
}

static int read_one(struct span url, enum url_reader reader, const struct url_defaults *defaults,
                    struct endpoints *endpoints, struct error *err)
{
    struct url_parts parts;
    struct span host;
    struct span port;
    if (url_scheme(url, &parts, err) < 0)
        return -1;
    const struct service *service = find(parts.scheme);
    if (service->kind == LEADS_NOWHERE)
        return 0;
    if (service->kind == LEADS_TO_DATABASE && reader == URL_KOMBU)
        return read_one(span_from(url, parts.scheme.length + 1), URL_SQLALCHEMY, defaults,
                        endpoints, err);
    if (url_rest(&parts, reader, err) < 0)
        return -1;
    if (reader == URL_KOMBU && span_is(parts.driver, "socket"))
        return read_socket(&parts, endpoints, err);
    if (endpoint_split(parts.authority, &host, &port, err) < 0)
        return -1;
    switch (service->kind) {
    case LEADS_TO_POSTGRES:
        return url_postgres(&parts, host, port, service->port, defaults, endpoints, err);
    case LEADS_TO_MYSQL:
        return url_mysql(&parts, host, port, defaults, endpoints, err);
    case LEADS_TO_BROKER:
        return read_broker(host, port, service->port, endpoints, err);
    default:
        return endpoints_add_host(endpoints, host, port, service->port, err);
    }
}

int url_endpoints(const char *url, enum url_reader reader, const struct url_defaults *defaults,
                  struct endpoints *endpoints, struct error *err)
{
    struct span rest = span_of(url);
    endpoints->count = 0;
    if (reader == URL_SQLALCHEMY)
        return read_one(line_trim(url, url + rest.length), reader, defaults, endpoints, err);
    for (; rest.length > 0; rest = span_from(rest, span_until(rest, ";") + 1)) {
        size_t length = span_until(rest, ";");
        struct span one = line_trim(rest.start, rest.start + length);
        if (one.length > 0 && read_one(one, reader, defaults, endpoints, err) < 0)
            return -1;
    }
    return 0;
}

bool url_is_postgres(const char *url, char service[URL_LIST], char file[URL_LIST])
{
    struct error ignored;
    struct url_parts parts;
    return url_scheme(line_trim(url, url + strlen(url)), &parts, &ignored) == 0 &&
           find(parts.scheme)->kind == LEADS_TO_POSTGRES &&
           url_rest(&parts, URL_SQLALCHEMY, &ignored) == 0 &&
           url_query(parts.query, "service", service) == 0 &&
           url_query(parts.query, "servicefile", file) == 0;
}
