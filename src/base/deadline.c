#include "base/deadline.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#include "base/error.h"
#include "base/signals.h"

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

struct deadline deadline_in(int64_t milliseconds, const struct signals *signals)
{
    return (struct deadline){.at = now() + milliseconds, .signals = signals};
}

int deadline_passed(const struct deadline *deadline)
{
    return now() >= deadline->at;
}

int64_t deadline_left(const struct deadline *deadline)
{
    int64_t left = deadline->at - now();
    return left > 0 ? left : 0;
}

int deadline_wait(const struct deadline *deadline, int fd, int64_t most, struct error *err)
{
    int64_t left = deadline_left(deadline);
    if (most >= 0 && most < left)
        left = most;

    struct pollfd ready[] = {
        {.fd = fd, .events = POLLIN},
        {.fd = deadline->signals->descriptor, .events = POLLIN},
    };
    int count = poll(ready, 2, (int)left);
    if (count < 0 && errno != EINTR)
        return error_sys(err, "cannot wait");
    if (count > 0 && ready[1].revents)
        return error_ending(err);
    return count > 0 && ready[0].revents;
}
