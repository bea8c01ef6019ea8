#include "base/endpoint.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum { PATH_MOST = 107, PORT_MOST = 65535 };

int endpoint_split(struct span text, struct span *host, struct span *port, struct error *err)
{
    const char *end = text.start + text.length;
    bool bracket = text.length > 0 && *text.start == '[';
    const char *start = text.start + bracket;
    const char *stop = memchr(text.start, bracket ? ']' : ':', text.length);
    if (!stop)
        stop = end;
    *host = (struct span){start, (size_t)(stop - start)};
    *port = (struct span){end, 0};
    bool is_open = bracket && stop++ == end;
    if (!is_open && stop == end)
        return 0;
    if (is_open || *stop != ':')
        return error_input(err, "something stands between the host and the port");
    *port = (struct span){stop + 1, (size_t)(end - stop) - 1};
    return 0;
}

static bool is_host(struct span host)
{
    const char *others = memchr(host.start, ':', host.length) ? "._-:%" : "._-";
    return host.length < ENDPOINT_HOST && span_plain(host, others) == host.length;
}

/* 0 if it is not a port. */
static uint16_t port_number(struct span text)
{
    unsigned number = 0;
    for (size_t i = 0; i < text.length && number <= PORT_MOST; i++)
        number = isdigit((unsigned char)text.start[i])
                     ? number * 10 + (unsigned)(text.start[i] - '0')
                     : PORT_MOST + 1;
    return (uint16_t)(number <= PORT_MOST ? number : 0);
}

int endpoint_host(struct endpoint *endpoint, struct span host, struct span port, uint16_t fallback,
                  struct error *err)
{
    if (host.length == 0)
        return error_input(err, "names no host");
    if (!is_host(host))
        return error_input(err, "what stands where the host belongs is none");
    endpoint->port = port.length > 0 ? port_number(port) : fallback;
    if (endpoint->port == 0)
        return error_input(err, port.length > 0 ? "the port is no number from 1 to 65535"
                                                : "names no port");
    memcpy(endpoint->host, host.start, host.length);
    endpoint->host[host.length] = '\0';
    return 0;
}

int endpoint_path(struct endpoint *endpoint, struct span path, struct error *err)
{
    if (path.length == 0 || *path.start != '/')
        return error_input(err, "the socket's path does not begin with \"/\"");
    if (path.length > PATH_MOST)
        return error_input(err, "the socket's path is longer than %d bytes", PATH_MOST);
    memcpy(endpoint->host, path.start, path.length);
    endpoint->host[path.length] = '\0';
    endpoint->port = 0;
    return 0;
}

static struct endpoint *add_endpoint(struct endpoints *endpoints, struct error *err)
{
    if (endpoints->count < ENDPOINTS_MOST)
        return &endpoints->list[endpoints->count++];
    error_input(err, "names more than %d hosts", ENDPOINTS_MOST);
    return NULL;
}

int endpoints_add_host(struct endpoints *endpoints, struct span host, struct span port,
                       uint16_t fallback, struct error *err)
{
    struct endpoint *endpoint = add_endpoint(endpoints, err);
    return endpoint ? endpoint_host(endpoint, host, port, fallback, err) : -1;
}

int endpoints_add_path(struct endpoints *endpoints, struct span path, struct error *err)
{
    struct endpoint *endpoint = add_endpoint(endpoints, err);
    return endpoint ? endpoint_path(endpoint, path, err) : -1;
}

void endpoint_text(const struct endpoint *endpoint, char text[ENDPOINT_TEXT])
{
    const char *host = endpoint->host;
    bool bracket = strchr(host, ':') != NULL;
    if (endpoint->port == 0)
        snprintf(text, ENDPOINT_TEXT, "unix:%s", host);
    else
        snprintf(text, ENDPOINT_TEXT, bracket ? "[%s]:%u" : "%s:%u", host, endpoint->port);
}

void endpoints_text(const struct endpoints *endpoints, char *text, size_t size)
{
    size_t length = 0;
    *text = '\0';
    for (size_t i = 0; i < endpoints->count; i++) {
        char one[ENDPOINT_TEXT];
        endpoint_text(&endpoints->list[i], one);
        bool fits = length + strlen(one) + sizeof ", ..." < size;
        length += (size_t)snprintf(text + length, size - length, "%s%s", i > 0 ? ", " : "",
                                   fits ? one : "...");
        if (!fits)
            return;
    }
}
