#include "cli/wait_targets.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/shown.h"

enum { SHOWN = 64 };

const char *const wait_words[] = {[WAIT_DATABASE] = "db", [WAIT_BROKER] = "broker"};

static bool begins(struct span value, const char *start, struct span *rest)
{
    size_t length = strlen(start);
    if (value.length < length || strncmp(value.start, start, length) != 0)
        return false;
    *rest = (struct span){value.start + length, value.length - length};
    return true;
}

static int read_tcp(struct span address, struct endpoint *endpoint, struct error *err)
{
    struct span host;
    struct span port;
    if (endpoint_split(address, &host, &port, err) < 0)
        return -1;
    return endpoint_host(endpoint, host, port, 0, err);
}

/* The value may be a URL with a password, or a part of one that a comma cut off. */
static void show(struct span value, char text[SHOWN])
{
    struct span rest = value;
    char word[SHOWN - sizeof "tcp://"];
    const char *scheme = begins(value, "tcp://", &rest)  ? "tcp://"
                         : begins(value, "unix:", &rest) ? "unix:"
                                                         : "";
    span_name(rest, word, sizeof word);
    snprintf(text, SHOWN, "%s%s", scheme, strpbrk(word, "@:") ? "..." : shown_value(word));
}

static int read_address(struct span value, struct endpoint *endpoint, struct error *err)
{
    char text[SHOWN];
    struct span address;
    struct error why;
    show(value, text);
    bool is_tcp = begins(value, "tcp://", &address);
    if (!is_tcp && !begins(value, "unix:", &address))
        return error_usage(err, "\"%s\" is not db, broker, tcp://HOST:PORT or unix:/PATH", text);
    if ((is_tcp ? read_tcp(address, endpoint, &why) : endpoint_path(endpoint, address, &why)) == 0)
        return 0;
    error_usage(err, "\"%s\": %.60s", text, why.message);
    return error_hint(err, is_tcp ? "write tcp://HOST:PORT, for IPv6 tcp://[ADDRESS]:PORT"
                                  : "write unix:/PATH");
}

int wait_target_add(struct wait_targets *targets, struct span value, struct error *err)
{
    if (span_is(value, "none") || span_is(value, "off"))
        return 0;
    if (targets->count == WAIT_TARGETS_MOST)
        return error_usage(err, "names more than %d targets", WAIT_TARGETS_MOST);

    struct wait_target *target = &targets->list[targets->count];
    target->kind = WAIT_DATABASE;
    while (target->kind < WAIT_ENDPOINT && !span_is(value, wait_words[target->kind]))
        target->kind++;
    if (target->kind == WAIT_ENDPOINT && read_address(value, &target->endpoint, err) < 0)
        return -1;
    targets->count++;
    return 0;
}
