/* URLs, with a service file behind the first line: whatever is read is a list of hosts that are hosts, and of what is refused
 * nothing is shown. */
#include "airflow/pg_service.h"

#include "fuzz.h"

static void hold_endpoint(const struct endpoint *endpoint)
{
    size_t length = strlen(endpoint->host);
    hold(length > 0 && length < ENDPOINT_HOST, "an endpoint has a host or a path");
    if (endpoint->port == 0) {
        hold(*endpoint->host == '/' && length <= 107, "a path is absolute, and fits a socket");
        return;
    }
    hold(!strpbrk(endpoint->host, "/@?#;, \n[]"), "a host is one");
}

/* What stands before the last "@" may be a password. */
static void hold_hidden(const char *url, const struct error *err)
{
    enum { PART = 12 };
    char part[PART + 1] = "";
    const char *at = strrchr(url, '@');
    if (!at || at - url < PART)
        return;
    memcpy(part, at - PART, PART);
    hold(!strstr(err->message, part), "a message shows nothing of the URL");
}

static void read_as(const char *url, enum url_reader reader, const struct url_defaults *defaults)
{
    struct error err = {0};
    struct endpoints endpoints;
    if (url_endpoints(url, reader, defaults, &endpoints, &err) < 0) {
        hold_error(&err, ERROR_INPUT);
        hold_hidden(url, &err);
        return;
    }
    hold(endpoints.count <= ENDPOINTS_MOST, "there are not more than fit");
    for (size_t i = 0; i < endpoints.count; i++) {
        char text[ENDPOINT_TEXT];
        hold_endpoint(&endpoints.list[i]);
        endpoint_text(&endpoints.list[i], text);
        hold(strlen(text) > 2 && strlen(text) < ENDPOINT_TEXT - 1, "its text is whole");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_free_ char *text = text_of(data, size);
    struct error err = {0};
    char service[URL_LIST];
    char file[URL_LIST];
    struct url_defaults defaults = {.host = {0}};
    char *rest = strchr(text, '\n');
    if (rest) {
        *rest++ = '\0';
        if (pg_service_find(span_of(rest), "x", &defaults, &err) < 0)
            hold_error(&err, ERROR_INPUT);
        defaults.mysql_socket = defaults.host;
        defaults.mysql_port = defaults.port;
    }
    url_is_postgres(text, service, file);
    read_as(text, URL_SQLALCHEMY, &defaults);
    read_as(text, URL_KOMBU, &defaults);
    return 0;
}
