#include "airflow/url.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

enum { LIST_MOST = 1024 }; /* bytes of all hosts in a query */

/* What a scheme leads to. */
enum kind {
    LEADS_NOWHERE,
    LEADS_TO_HOST,
    LEADS_TO_BROKER, /* which is on this host, where none is named */
    LEADS_TO_POSTGRES,
    LEADS_TO_MYSQL,
    LEADS_TO_DATABASE, /* whose own URL stands behind the "+" */
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

struct parts {
    struct span authority; /* behind the user */
    struct span path;      /* with its "/" */
    struct span query;     /* behind its "?" */
};

/* How many bytes come before the first of `set`. */
static size_t until(struct span text, const char *set)
{
    size_t length = 0;
    while (length < text.length && !(text.start[length] && strchr(set, text.start[length])))
        length++;
    return length;
}

static struct span first(struct span text, size_t length)
{
    return (struct span){text.start, length};
}

static struct span from(struct span text, size_t at)
{
    if (at > text.length)
        at = text.length;
    return (struct span){text.start + at, text.length - at};
}

static bool has_at(struct span text)
{
    return memchr(text.start, '@', text.length) != NULL;
}

/* "host:5432/db?user=a@b" is for SQLAlchemy a user "host" with a long password. What it takes for the host may then be
 * anything. */
static bool is_port_and_path(struct span password)
{
    size_t digits = 0;
    while (digits < password.length && isdigit((unsigned char)password.start[digits]))
        digits++;
    struct span rest = from(password, digits);
    return rest.length > 0 && *rest.start == '/' && memchr(rest.start, '?', rest.length);
}

/* SQLAlchemy's (?:(?P<username>[^:/]*)(?::(?P<password>[^@]*))?@)? */
static size_t user_length(struct span text, bool *doubt)
{
    size_t name = until(text, ":/");
    struct span password = from(text, name + 1);
    if (name < text.length && text.start[name] == ':' && has_at(password)) {
        password.length = until(password, "@");
        *doubt = is_port_and_path(password);
        return name + 1 + password.length + 1;
    }
    const char *at = memrchr(text.start, '@', name);
    return at ? (size_t)(at - text.start) + 1 : 0;
}

static int split_scheme(struct span url, struct span *scheme, struct error *err)
{
    *scheme = first(url, until(url, ":"));
    struct span rest = from(url, scheme->length);
    if (scheme->length > 0 && span_plain(*scheme, "+-._") == scheme->length && rest.length >= 3 &&
        memcmp(rest.start, "://", 3) == 0)
        return 0;
    return error_input(err, "is no URL, which begins with SCHEME://");
}

/* `rest` is what stands behind "://". */
static int split(struct span rest, enum url_reader reader, struct parts *parts, struct error *err)
{
    bool doubt = false;
    bool kombu = reader == URL_KOMBU;
    size_t user = kombu ? 0 : user_length(rest, &doubt);
    rest = from(rest, user);
    parts->authority = first(rest, until(rest, kombu ? "/?#" : "/?"));
    rest = from(rest, parts->authority.length);
    bool is_named = user > 0 || kombu;
    doubt |= is_named && parts->authority.length > 0 && has_at(rest);
    if (doubt)
        return error_input(err,
                           "has an \"@\" too many, and might show a part of its password for a "
                           "host; write %%40 for each but the one before the host, and %%2F "
                           "for \"/\", %%3F for \"?\", %%23 for \"#\"");

    const char *at = memrchr(parts->authority.start, '@', parts->authority.length);
    if (at)
        parts->authority = from(parts->authority, (size_t)(at - parts->authority.start) + 1);
    parts->path = first(rest, until(rest, kombu ? "?#" : "?"));
    parts->query = from(rest, parts->path.length + 1);
    return 0;
}

static int digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* Puts the text, as Python's unquote reads it, behind what is in `list`, which it ends. Returns 0, or -1 where it does not
 * fit, or has a NUL in it. */
static int unquote(struct span text, char list[LIST_MOST])
{
    size_t length = strlen(list);
    for (size_t i = 0; i < text.length; i++) {
        char c = text.start[i];
        int high = i + 2 < text.length ? digit(text.start[i + 1]) : -1;
        int low = high >= 0 ? digit(text.start[i + 2]) : -1;
        if (c == '%' && low >= 0) {
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || length == LIST_MOST - 1)
            return -1;
        list[length++] = c;
    }
    list[length] = '\0';
    return 0;
}

/* All values of that name, with commas between. As above. */
static int query_list(struct span query, const char *name, char list[LIST_MOST])
{
    *list = '\0';
    for (; query.length > 0; query = from(query, until(query, "&") + 1)) {
        struct span pair = first(query, until(query, "&"));
        size_t equals = until(pair, "=");
        struct span value = from(pair, equals + 1);
        if (value.length == 0 || !span_is(first(pair, equals), name))
            continue;
        if ((*list && unquote((struct span){",", 1}, list) < 0) || unquote(value, list) < 0)
            return -1;
    }
    return 0;
}

static struct endpoint *next(struct endpoints *endpoints, struct error *err)
{
    if (endpoints->count < ENDPOINTS_MOST)
        return &endpoints->list[endpoints->count++];
    error_input(err, "names more than %d hosts", ENDPOINTS_MOST);
    return NULL;
}

static int add_host(struct endpoints *endpoints, struct span host, struct span port,
                    uint16_t fallback, struct error *err)
{
    struct endpoint *endpoint = next(endpoints, err);
    return endpoint ? endpoint_host(endpoint, host, port, fallback, err) : -1;
}

static int add_path(struct endpoints *endpoints, const char *path, struct error *err)
{
    struct endpoint *endpoint = next(endpoints, err);
    return endpoint ? endpoint_path(endpoint, (struct span){path, strlen(path)}, err) : -1;
}

/* One of libpq's hosts; SQLAlchemy allows "host:port" as well. */
static int add_postgres(struct endpoints *endpoints, struct span host, struct span port,
                        uint16_t fallback, struct error *err)
{
    static const char usual[] = "/var/run/postgresql";
    struct endpoint name;
    char path[LIST_MOST + 32];
    size_t colon = until(host, ":");
    if (host.length > 0 && *host.start != '/') {
        bool one_colon =
            colon < host.length && colon + 1 + until(from(host, colon + 1), ":") == host.length;
        if (one_colon && endpoint_split(host, &host, &port, err) < 0)
            return -1;
        return add_host(endpoints, host, port, fallback, err);
    }
    if (host.length == 0)
        host = (struct span){usual, sizeof usual - 1};
    if (endpoint_host(&name, (struct span){"-", 1}, port, fallback, err) < 0)
        return -1;
    snprintf(path, sizeof path, "%.*s/.s.PGSQL.%u", (int)host.length, host.start, name.port);
    return add_path(endpoints, path, err);
}

static int add_all_postgres(struct endpoints *endpoints, const char *hosts, const char *ports,
                            uint16_t fallback, struct error *err)
{
    bool one_port = !strchr(ports, ',');
    for (;; hosts++) {
        struct span host = {hosts, strcspn(hosts, ",")};
        struct span port = {ports, strcspn(ports, ",")};
        if (add_postgres(endpoints, host, port, fallback, err) < 0)
            return -1;
        hosts += host.length;
        if (!one_port)
            ports += port.length;
        if (!one_port && *hosts != *ports)
            return error_input(err, "names not as many ports as hosts");
        if (*hosts == '\0')
            return 0;
        ports += !one_port;
    }
}

static int read_postgres(const struct parts *parts, struct span host, struct span port,
                         uint16_t fallback, struct endpoints *endpoints, struct error *err)
{
    char hosts[LIST_MOST];
    char ports[LIST_MOST];
    if (host.length >= LIST_MOST || port.length >= LIST_MOST ||
        query_list(parts->query, "host", hosts) < 0 || query_list(parts->query, "port", ports) < 0)
        return error_input(err, "names too long a host, or has too long a query");
    bool several = strchr(hosts, ',');
    if (*hosts == '\0')
        memcpy(mempcpy(hosts, host.start, host.length), "", 1);
    if (*ports == '\0' && !several)
        memcpy(mempcpy(ports, port.start, port.length), "", 1);
    return add_all_postgres(endpoints, hosts, ports, fallback, err);
}

static const struct service *find(struct span scheme)
{
    const struct service *service = services;
    size_t length = until(scheme, "+");
    for (; *service->scheme; service++) {
        size_t known = strlen(service->scheme);
        bool fits = known == length || (known < length && service->kind == LEADS_NOWHERE);
        if (fits && strncasecmp(service->scheme, scheme.start, known) == 0)
            break;
    }
    return service;
}

static int read_parts(const struct parts *parts, const struct service *service, bool is_socket,
                      struct endpoints *endpoints, struct error *err)
{
    struct span host;
    struct span port;
    char text[LIST_MOST] = "";
    if (is_socket)
        return unquote(parts->path, text) < 0 ? error_input(err, "has too long a path")
                                              : add_path(endpoints, text, err);
    if (endpoint_split(parts->authority, &host, &port, err) < 0)
        return -1;
    if (service->kind == LEADS_TO_POSTGRES)
        return read_postgres(parts, host, port, service->port, endpoints, err);
    if (service->kind == LEADS_TO_MYSQL && query_list(parts->query, "unix_socket", text) < 0)
        return error_input(err, "has too long a query");
    if (*text)
        return add_path(endpoints, text, err);
    if (service->kind == LEADS_TO_BROKER && unquote(host, text) == 0)
        host = (struct span){*text ? text : "localhost", *text ? strlen(text) : 9};
    return add_host(endpoints, host, port, service->port, err);
}

static int read_one(struct span url, enum url_reader reader, struct endpoints *endpoints,
                    struct error *err)
{
    struct parts parts = {.query = {0}};
    struct span scheme;
    if (split_scheme(url, &scheme, err) < 0)
        return -1;
    const struct service *service = find(scheme);
    struct span driver = from(scheme, until(scheme, "+") + 1);
    struct span rest = from(url, scheme.length + 3);
    if (service->kind == LEADS_NOWHERE)
        return 0;
    if (service->kind == LEADS_TO_DATABASE && reader == URL_KOMBU)
        return read_one(from(url, scheme.length - driver.length), URL_SQLALCHEMY, endpoints, err);
    if (split(rest, reader, &parts, err) < 0)
        return -1;
    bool is_socket = reader == URL_KOMBU && span_is(driver, "socket");
    return read_parts(&parts, service, is_socket, endpoints, err);
}

int url_endpoints(const char *url, enum url_reader reader, struct endpoints *endpoints,
                  struct error *err)
{
    struct span rest = {url, strlen(url)};
    endpoints->count = 0;
    if (reader == URL_SQLALCHEMY)
        return read_one(line_trim(url, url + rest.length), reader, endpoints, err);
    for (; rest.length > 0; rest = from(rest, until(rest, ";") + 1)) {
        size_t length = until(rest, ";");
        struct span one = line_trim(rest.start, rest.start + length);
        if (one.length > 0 && read_one(one, reader, endpoints, err) < 0)
            return -1;
    }
    return 0;
}
