#include "entry/wait_targets.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum { SHOWN = 64, WORD_MOST = 31 };

static bool begins(struct span value, const char *start, struct span *rest)
{
    size_t length = strlen(start);
    if (value.length < length || strncmp(value.start, start, length) != 0)
        return false;
    *rest = (struct span){value.start + length, value.length - length};
    return true;
}

static int read_tcp(struct span place, struct endpoint *endpoint, struct error *err)
{
    struct span host;
    struct span port;
    if (endpoint_split(place, &host, &port, err) < 0)
        return -1;
    return endpoint_host(endpoint, host, port, 0, err);
}

/* What stands behind another scheme than ours, or where the port belongs and is no number, may be a password: of a URL, or of
 * what a comma in one has cut off. */
static void show(struct span value, char text[SHOWN])
{
    struct span place;
    struct span host;
    struct span port;
    struct error ignored;
    const char *scheme = memmem(value.start, value.length, "://", 3);
    bool is_word = !scheme && !begins(value, "unix:", &place);
    bool is_secret =
        memchr(value.start, '@', value.length) || (is_word && value.length > WORD_MOST);
    if (scheme && !begins(value, "tcp://", &place))
        value.length = (size_t)(scheme - value.start) + 3;
    else if (scheme && endpoint_split(place, &host, &port, &ignored) == 0)
        is_secret |= strspn(port.start, "0123456789") < port.length;
    span_name(is_secret ? (struct span){"...", 3} : value, text, SHOWN);
}

static int read_place(struct span value, struct endpoint *endpoint, struct error *err)
{
    char text[SHOWN];
    struct span place;
    struct error why;
    show(value, text);
    if (begins(value, "tcp://", &place))
        return read_tcp(place, endpoint, &why) == 0
                   ? 0
                   : error_usage(err,
                                 "\"%s\": %.60s; write tcp://HOST:PORT, tcp://[ADDRESS]:PORT for "
                                 "IPv6",
                                 text, why.message);
    if (begins(value, "unix:", &place))
        return endpoint_path(endpoint, place, &why) == 0
                   ? 0
                   : error_usage(err, "\"%s\": %.60s; write unix:/PATH", text, why.message);
    return error_usage(err, "\"%s\" is none of db, broker, tcp://HOST:PORT and unix:/PATH", text);
}

int wait_target_add(struct wait_targets *targets, struct span value, struct error *err)
{
    if (span_is(value, "none") || span_is(value, "off"))
        return 0;
    if (targets->count == WAIT_TARGETS_MOST)
        return error_usage(err, "names more than %d to wait for", WAIT_TARGETS_MOST);

    struct wait_target *target = &targets->list[targets->count];
    target->kind = span_is(value, "db")       ? WAIT_DATABASE
                   : span_is(value, "broker") ? WAIT_BROKER
                                              : WAIT_ENDPOINT;
    if (target->kind == WAIT_ENDPOINT && read_place(value, &target->endpoint, err) < 0)
        return -1;
    targets->count++;
    return 0;
}
