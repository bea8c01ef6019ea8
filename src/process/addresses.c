#include "process/addresses.h"

#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/command.h"
#include "base/error.h"
#include "base/secret.h"
#include "process/setup.h"

/* What the child looks up, and what it writes for each address, or once for a name without one. */
struct question {
    const struct endpoints *endpoints;
    bool asked[ENDPOINTS_MOST];
    pid_t parent;
};

struct answer {
    int failure; /* EAI_..., or 0 */
    struct address address;
};

static bool add(struct addresses *addresses, size_t endpoint, const struct sockaddr *at,
                socklen_t length)
{
    struct address *address = &addresses->list[addresses->count];
    if (addresses->count == ADDRESSES_MOST || length > sizeof address->storage)
        return false;
    *address = (struct address){.endpoint = endpoint, .length = length};
    memcpy(&address->any, at, length);
    addresses->count++;
    return true;
}

static int look_up(const struct endpoint *endpoint, int flags, struct addrinfo **found)
{
    char port[8];
    const struct addrinfo hints = {.ai_flags = flags | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    snprintf(port, sizeof port, "%u", endpoint->port);
    *found = NULL;
    return getaddrinfo(endpoint->host, port, &hints, found);
}

static void find_path(const struct endpoint *endpoint, size_t index, struct addresses *addresses)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    memcpy(path.sun_path, endpoint->host, strnlen(endpoint->host, sizeof path.sun_path - 1));
    add(addresses, index, (struct sockaddr *)&path, sizeof path);
}

/* Returns whether the host is an address, not a name. */
static bool find_number(const struct endpoint *endpoint, size_t index, struct addresses *addresses)
{
    struct addrinfo *found;
    if (look_up(endpoint, AI_NUMERICHOST, &found) != 0)
        return false;
    add(addresses, index, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

/* A pipe has room for everything that the child writes, so no write blocks. */
static void say(int output, int failure, size_t index, const struct addrinfo *found)
{
    struct addresses one = {.count = 0};
    struct answer answer = {.failure = failure, .address = {.endpoint = index}};
    if (found && add(&one, index, found->ai_addr, found->ai_addrlen))
        answer.address = one.list[0];
    ssize_t ignored = write(output, &answer, sizeof answer);
    (void)ignored;
}

static int answer_all(const void *context, int output)
{
    const struct question *question = context;
    struct error ignored;
    process_close_all_but(output);
    process_follow_parent(SIGKILL, question->parent, &ignored);
    for (size_t i = 0; i < question->endpoints->count; i++) {
        struct addrinfo *found = NULL;
        int failure = question->asked[i] ? look_up(&question->endpoints->list[i], 0, &found) : 0;
        if (failure != 0)
            say(output, failure, i, NULL);
        for (int count = 0; found && count < ADDRESSES_OF_A_NAME; count++) {
            say(output, 0, i, found);
            found = found->ai_next;
        }
    }
    return 0;
}

static void explain(int failure, const struct endpoint *endpoint, struct error *reason)
{
    const char *why = "cannot be looked up";
    if (failure == EAI_NONAME || failure == EAI_NODATA)
        why = "is not known";
    if (failure == EAI_AGAIN)
        why = "cannot be looked up: no name server answers";
    error_input(reason, "the name %s %s", endpoint->host, why);
}

static void take(const struct secret *answers, const struct endpoints *endpoints,
                 struct addresses *addresses, struct error *reason)
{
    struct answer answer;
    for (size_t at = 0; at + sizeof answer <= answers->length; at += sizeof answer) {
        memcpy(&answer, answers->bytes + at, sizeof answer);
        const struct address *address = &answer.address;
        if (address->endpoint >= endpoints->count)
            continue;
        if (answer.failure != 0)
            explain(answer.failure, &endpoints->list[address->endpoint], reason);
        else
            add(addresses, address->endpoint, &address->any, address->length);
    }
}

int addresses_find(const struct endpoints *endpoints, const struct deadline *deadline,
                   struct addresses *addresses, struct error *reason, struct error *err)
{
    bool asks = false;
    _cleanup_secret_ struct secret answers = {0};
    struct question question = {.endpoints = endpoints, .parent = getpid()};
    addresses->count = 0;
    for (size_t i = 0; i < endpoints->count; i++) {
        const struct endpoint *endpoint = &endpoints->list[i];
        if (endpoint->port == 0)
            find_path(endpoint, i, addresses);
        else
            question.asked[i] = !find_number(endpoint, i, addresses);
        asks |= question.asked[i];
    }
    if (!asks)
        return 0;
    int asked = command_function(answer_all, &question, ADDRESSES_MOST * sizeof(struct answer),
                                 deadline, &answers, err);
    if (asked < 0 && err->kind == ERROR_ENDING)
        return -1;
    if (asked < 0)
        *reason = *err, error_within(reason, "looking up the name");
    take(&answers, endpoints, addresses, reason);
    return 0;
}
