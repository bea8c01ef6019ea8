#include "airflow/url_postgres.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

struct lists {
    char hosts[URL_LIST];
    char addresses[URL_LIST];
    char ports[URL_LIST];
    bool uses_defaults; /* not everything is from the URL */
};

/* Fills an empty list. Returns whether it did, or -1 if the text does not fit. */
static int fill(char list[URL_LIST], struct span text)
{
    if (*list || text.length == 0)
        return 0;
    if (text.length >= URL_LIST)
        return -1;
    memcpy(mempcpy(list, text.start, text.length), "", 1);
    return 1;
}

static int read_lists(const struct url_parts *parts, struct span host, struct span port,
                      const struct url_defaults *defaults, struct lists *lists, struct error *err)
{
    if (url_query(parts->query, "host", lists->hosts) < 0 ||
        url_query(parts->query, "hostaddr", lists->addresses) < 0 ||
        url_query(parts->query, "port", lists->ports) < 0)
        return error_input(err, "names too long a host, or has too long a query");
    bool several = strchr(lists->hosts, ',');
    int own = fill(lists->hosts, host) | (several ? 0 : fill(lists->ports, port));
    int filled = fill(lists->hosts, defaults->host) | fill(lists->addresses, defaults->hostaddr) |
                 (several ? 0 : fill(lists->ports, defaults->port));
    lists->uses_defaults = filled > 0;
    return own < 0 || filled < 0 ? error_input(err, "names too long a host or port") : 0;
}

static size_t count(const char *list)
{
    size_t commas = 0;
    for (; *list; list++)
        commas += *list == ',';
    return commas + 1;
}

/* The item at index `at`; a list of one item has it at every index. */
static struct span item(const char *list, size_t at)
{
    struct span rest = span_of(list);
    for (at = count(list) == 1 ? 0 : at; at > 0; at--)
        rest = span_from(rest, span_until(rest, ",") + 1);
    return span_first(rest, span_until(rest, ","));
}

static int add_socket(struct endpoints *endpoints, struct span folder, struct span port,
                      uint16_t fallback, struct error *err)
{
    struct endpoint name;
    char path[URL_LIST + 32];
    if (folder.length == 0)
        folder = span_of("/var/run/postgresql");
    if (endpoint_host(&name, span_of("-"), port, fallback, err) < 0)
        return -1;
    snprintf(path, sizeof path, "%.*s/.s.PGSQL.%u", (int)folder.length, folder.start, name.port);
    return endpoints_add_path(endpoints, span_of(path), err);
}

/* SQLAlchemy allows "host:port" as well. */
static int add(struct endpoints *endpoints, struct span host, struct span port, uint16_t fallback,
               struct error *err)
{
    size_t colon = span_until(host, ":");
    if (host.length == 0 || *host.start == '/')
        return add_socket(endpoints, host, port, fallback, err);
    bool has_one =
        colon < host.length && !memchr(host.start + colon + 1, ':', host.length - colon - 1);
    if (has_one && endpoint_split(host, &host, &port, err) < 0)
        return -1;
    return endpoints_add_host(endpoints, host, port, fallback, err);
}

static int add_all(const struct lists *lists, uint16_t fallback, struct endpoints *endpoints,
                   struct error *err)
{
    size_t most = count(*lists->addresses ? lists->addresses : lists->hosts);
    if (*lists->hosts && count(lists->hosts) != most)
        return error_input(err, "names not as many addresses (hostaddr) as hosts");
    if (count(lists->ports) > 1 && count(lists->ports) != most)
        return error_input(err, "names not as many ports as hosts");
    for (size_t i = 0; i < most; i++) {
        struct span address = item(lists->addresses, i);
        struct span host = address.length > 0 ? address : item(lists->hosts, i);
        if (add(endpoints, host, item(lists->ports, i), fallback, err) < 0)
            return -1;
    }
    return 0;
}

int url_postgres(const struct url_parts *parts, struct span host, struct span port,
                 uint16_t fallback, const struct url_defaults *defaults,
                 struct endpoints *endpoints, struct error *err)
{
    struct lists lists;
    if (read_lists(parts, host, port, defaults, &lists, err) < 0)
        return -1;
    if (add_all(&lists, fallback, endpoints, err) == 0)
        return 0;
    return lists.uses_defaults
               ? error_within(err, "with PGHOST, PGHOSTADDR, PGPORT or what the service says")
               : -1;
}
