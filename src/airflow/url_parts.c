#include "airflow/url_parts.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"

int url_scheme(struct span url, struct url_parts *parts, struct error *err)
{
    struct span scheme = span_first(url, span_until(url, ":"));
    struct span rest = span_from(url, scheme.length);
    *parts = (struct url_parts){.query = {0}};
    parts->rest = span_from(rest, 3);
    parts->scheme = span_first(scheme, span_until(scheme, "+"));
    parts->driver = span_from(scheme, parts->scheme.length + 1);
    if (scheme.length > 0 && span_plain(scheme, "+-._") == scheme.length && rest.length >= 3 &&
        memcmp(rest.start, "://", 3) == 0)
        return 0;
    return error_input(err, "is no URL, which begins with SCHEME://");
}

static bool has_at(struct span text)
{
    return memchr(text.start, '@', text.length) != NULL;
}

/* SQLAlchemy reads "host:5432/db?user=a@b" as a user "host" with a long password, and any text may then be its
 * host. */
static bool is_port_and_path(struct span password)
{
    size_t digits = 0;
    while (digits < password.length && isdigit((unsigned char)password.start[digits]))
        digits++;
    struct span rest = span_from(password, digits);
    return rest.length > 0 && *rest.start == '/' && memchr(rest.start, '?', rest.length);
}

/* SQLAlchemy's (?:(?P<username>[^:/]*)(?::(?P<password>[^@]*))?@)? */
static size_t user_length(struct span text, bool *doubt)
{
    size_t name = span_until(text, ":/");
    struct span password = span_from(text, name + 1);
    if (name < text.length && text.start[name] == ':' && has_at(password)) {
        password.length = span_until(password, "@");
        *doubt = is_port_and_path(password);
        return name + 1 + password.length + 1;
    }
    const char *at = memrchr(text.start, '@', name);
    return at ? (size_t)(at - text.start) + 1 : 0;
}

int url_rest(struct url_parts *parts, enum url_reader reader, struct error *err)
{
    bool doubt = false;
    bool kombu = reader == URL_KOMBU;
    struct span rest = parts->rest;
    size_t user = kombu ? 0 : user_length(rest, &doubt);
    rest = span_from(rest, user);
    parts->authority = span_first(rest, span_until(rest, kombu ? "/?#" : "/?"));
    rest = span_from(rest, parts->authority.length);
    bool is_named = user > 0 || kombu;
    doubt |= is_named && parts->authority.length > 0 && has_at(rest);
    if (doubt) {
        error_input(err,
                    "has an \"@\" too many (a part of its password might be shown as the host)");
        return error_hint(err, "in user and password write %%40 for \"@\", %%2F for \"/\", %%3F "
                               "for \"?\", %%23 for \"#\"");
    }

    const char *at = memrchr(parts->authority.start, '@', parts->authority.length);
    if (at)
        parts->authority = span_from(parts->authority, (size_t)(at - parts->authority.start) + 1);
    parts->path = span_first(rest, span_until(rest, kombu ? "?#" : "?"));
    parts->query = span_from(rest, parts->path.length + 1);
    return 0;
}

static int digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return found ? (int)(found - digits) : -1;
}

int url_unquote(struct span text, char list[URL_LIST])
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
        if (c == '\0' || length == URL_LIST - 1)
            return -1;
        list[length++] = c;
    }
    list[length] = '\0';
    return 0;
}

int url_query(struct span query, const char *name, char list[URL_LIST])
{
    *list = '\0';
    for (; query.length > 0; query = span_from(query, span_until(query, "&") + 1)) {
        struct span pair = span_first(query, span_until(query, "&"));
        size_t equals = span_until(pair, "=");
        struct span value = span_from(pair, equals + 1);
        if (value.length == 0 || !span_is(span_first(pair, equals), name))
            continue;
        if ((*list && url_unquote((struct span){",", 1}, list) < 0) || url_unquote(value, list) < 0)
            return -1;
    }
    return 0;
}
