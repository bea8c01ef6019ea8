#include "process/wait_for.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "base/signals.h"
#include "process/addresses.h"

/* The longest time of one try, for a name server or a host that does not answer. TCP asks at the beginning and after
 * one and three seconds. Then a new try begins, since the name may lead elsewhere by now. */
enum { LOOK_UP_MS = 10000, CONNECT_MS = 5000 };
enum { PAUSE_LEAST = 10, PAUSE_FIRST = 100, PAUSE_MOST = 2000, WHERE = 256 };

int64_t wait_pause(unsigned tries, uint32_t random)
{
    uint32_t bound = PAUSE_MOST;
    if (tries < 6 && (uint32_t)PAUSE_FIRST << (tries - 1) < bound)
        bound = (uint32_t)PAUSE_FIRST << (tries - 1);
    return PAUSE_LEAST + random % (bound - PAUSE_LEAST + 1);
}

/* One connection for each address; a failed one has descriptor -1. The last entry tells of signals. */
struct attempt {
    const struct endpoints *endpoints;
    struct addresses addresses;
    struct pollfd polled[ADDRESSES_MOST + 1];
    size_t open;
    struct error reason; /* why the last connection failed */
};

static void attempt_end(const struct attempt *attempt)
{
    for (size_t i = 0; i < attempt->addresses.count; i++)
        cleanup_close(&attempt->polled[i].fd);
}

/* A connection to itself. Where no server listens, the kernel may choose for fernit's end the very port that it asks
 * for, and TCP then connects the two. RFC 9293, 3.5 */
static bool is_to_itself(int fd)
{
    struct sockaddr_storage ours = {0};
    struct sockaddr_storage theirs = {0};
    socklen_t our_length = sizeof ours;
    socklen_t their_length = sizeof theirs;
    return getsockname(fd, (struct sockaddr *)&ours, &our_length) == 0 &&
           getpeername(fd, (struct sockaddr *)&theirs, &their_length) == 0 &&
           ours.ss_family != AF_UNIX && memcmp(&ours, &theirs, sizeof ours) == 0;
}

/* 0 where a server answered, else the errno of the connection. */
static int outcome(int fd)
{
    int failure = 0;
    socklen_t length = sizeof failure;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &length) < 0)
        return errno;
    return failure == 0 && is_to_itself(fd) ? ECONNREFUSED : failure;
}

static void fail(struct attempt *attempt, size_t index, int failure)
{
    char text[ENDPOINT_TEXT];
    const struct address *address = &attempt->addresses.list[index];
    bool is_full = failure == EAGAIN && address->any.sa_family == AF_UNIX;
    error_input(&attempt->reason, "%s", is_full ? "its queue is full" : strerror(failure));
    endpoint_text(&attempt->endpoints->list[address->endpoint], text);
    if (attempt->endpoints->count > 1)
        error_within(&attempt->reason, "%s", text);
    cleanup_close(&attempt->polled[index].fd);
    attempt->polled[index].fd = -1;
}

/* Returns whether a server has answered already. */
static bool begin_all(struct attempt *attempt)
{
    for (size_t i = 0; i < attempt->addresses.count; i++) {
        const struct address *address = &attempt->addresses.list[i];
        int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        bool connected = fd >= 0 && connect(fd, &address->any, address->length) == 0;
        int failure = connected ? outcome(fd) : errno;
        attempt->polled[i] = (struct pollfd){.fd = fd, .events = POLLOUT};
        if (failure == 0)
            return true;
        if (failure == EINPROGRESS)
            attempt->open++;
        else
            fail(attempt, i, failure);
    }
    return false;
}

/* Returns 1 where a server answered, 0 where none did, or -1 with ERROR_ENDING or ERROR_SYSTEM. */
static int hear_all(struct attempt *attempt, const struct deadline *deadline, struct error *err)
{
    size_t count = attempt->addresses.count;
    struct pollfd *signal = &attempt->polled[count];
    *signal = (struct pollfd){.fd = deadline->signals->descriptor, .events = POLLIN};
    while (attempt->open > 0) {
        int ready = poll(attempt->polled, count + 1, (int)deadline_left(deadline));
        if (ready < 0 && errno != EINTR)
            return error_sys(err, "cannot wait for an answer");
        if (ready > 0 && signal->revents)
            return error_ending(err);
        if (ready == 0 && deadline_passed(deadline)) {
            error_input(&attempt->reason, "no answer");
            return 0;
        }
        for (size_t i = 0; i < count && ready > 0; i++) {
            if (attempt->polled[i].fd < 0 || !attempt->polled[i].revents)
                continue;
            int failure = outcome(attempt->polled[i].fd);
            if (failure == 0)
                return 1;
            attempt->open--;
            fail(attempt, i, failure);
        }
    }
    return 0;
}

static struct deadline limit(const struct wait *wait, int64_t most)
{
    int64_t left = deadline_left(&wait->deadline);
    return deadline_in(wait->once || left > most ? most : left, wait->deadline.signals);
}

/* As hear_all. *reason says why no server answered. */
static int try_all(const struct wait *wait, struct error *reason, struct error *err)
{
    _cleanup_(attempt_end) struct attempt attempt = {.endpoints = wait->endpoints};
    for (size_t i = 0; i < ADDRESSES_MOST; i++)
        attempt.polled[i].fd = -1;
    struct deadline deadline = limit(wait, LOOK_UP_MS);
    if (addresses_find(wait->endpoints, &deadline, &attempt.addresses, &attempt.reason, err) < 0)
        return -1;
    deadline = limit(wait, CONNECT_MS);
    int answered = begin_all(&attempt) ? 1 : hear_all(&attempt, &deadline, err);
    *reason = attempt.reason;
    return answered;
}

static int give_up(const struct wait *wait, const char *where, const struct error *reason,
                   struct error *err)
{
    if (wait->once)
        error_input(err, "%s%s does not answer: %s", wait->what, where, reason->message);
    else
        error_input(err, "%s%s has not answered within %s: %s", wait->what, where, wait->most,
                    reason->message);
    error_id(err, "no-answer");
    error_advise(err, "check that it runs, under this name");
    return error_hint(err, "or wait longer: --wait-timeout");
}

/* Without random numbers all processes wait the same time. */
static uint32_t jitter(void)
{
    struct error ignored;
    uint32_t random = 0;
    random_fill(&random, sizeof random, &ignored);
    return random;
}

int wait_for(const struct wait *wait, struct error *err)
{
    char where[WHERE];
    struct error reason;
    endpoints_text(wait->endpoints, where, sizeof where);
    for (unsigned tries = 1;; tries++) {
        struct error latest;
        int answered = try_all(wait, &latest, err);
        if (answered < 0)
            return -1;
        if (answered > 0) {
            log_detail("%s%s answers", wait->what, where);
            return 0;
        }
        /* A try that the deadline cut short says less than the one before. */
        bool is_late = deadline_passed(&wait->deadline);
        if (tries == 1 || !is_late)
            reason = latest;
        if (is_late)
            return give_up(wait, where, &reason, err);
        if (tries == 1)
            log_notice(NULL, "waits for %s%s, at most %s: %s", wait->what, where, wait->most,
                       reason.message);
        if (deadline_wait(&wait->deadline, -1, wait_pause(tries, jitter()), err) < 0)
            return -1;
        if (deadline_passed(&wait->deadline))
            return give_up(wait, where, &reason, err);
    }
}
