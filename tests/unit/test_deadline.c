#include "base/deadline.h"

#include <time.h>
#include <unistd.h>

#include "base/signals.h"
#include "table.h"

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The first end of each pipe is waited for, the second makes it ready. */
struct pipes {
    int file[2];
    int signal[2];
    struct signals signals;
};

static int set_up_pipes(void **state)
{
    struct pipes *pipes = test_malloc(sizeof *pipes);
    *state = pipes;
    if (pipe(pipes->file) < 0 || pipe(pipes->signal) < 0)
        return -1;
    pipes->signals = (struct signals){.descriptor = pipes->signal[0]};
    return 0;
}

static int tear_down_pipes(void **state)
{
    struct pipes *pipes = *state;
    for (int i = 0; i < 2; i++) {
        close(pipes->file[i]);
        close(pipes->signal[i]);
    }
    test_free(pipes);
    return 0;
}

static void waits_as_long_as_it_is_told_and_no_longer(void **state)
{
    const struct pipes *pipes = *state;
    static const struct {
        int64_t deadline;
        int64_t most;
        int64_t least_wait;
        int64_t most_wait;
        bool passed;
    } table[] = {
        {60, -1, 60, 5000, true},   {60, 60000, 60, 5000, true}, {60000, 60, 60, 5000, false},
        {60000, 0, 0, 5000, false}, {0, -1, 0, 5000, true},      {-1000, -1, 0, 5000, true},
        {0, 60000, 0, 5000, true},
    };
    foreach(row, table)
        for (int i = 0; i < 2; i++) {
            struct error err = {0};
            int64_t start = milliseconds();
            struct deadline deadline = deadline_in(row->deadline, &pipes->signals);
            int ready = deadline_wait(&deadline, i ? pipes->file[0] : -1, row->most, &err);
            int64_t took = milliseconds() - start;
            if (ready != 0 || deadline_passed(&deadline) != row->passed)
                fail_msg("%lld, %lld: %d", (long long)row->deadline, (long long)row->most, ready);
            /* poll(2) may be a millisecond early, for its clock is another. */
            if (took < row->least_wait - 1 || took > row->most_wait)
                fail_msg("%lld, %lld: took %lld ms", (long long)row->deadline, (long long)row->most,
                         (long long)took);
        }
}

static void what_is_ready_ends_the_wait(void **state)
{
    struct pipes *pipes = *state;
    struct error err = {0};
    struct deadline deadline = deadline_in(60000, &pipes->signals);
    assert_int_equal(write(pipes->file[1], "x", 1), 1);
    assert_int_equal(deadline_wait(&deadline, pipes->file[0], -1, &err), 1);
    assert_int_equal(deadline_wait(&deadline, pipes->file[0], 0, &err), 1);

    /* Also where the time is up already. */
    deadline = deadline_in(-5, &pipes->signals);
    assert_int_equal(deadline_wait(&deadline, pipes->file[0], -1, &err), 1);
    assert_true(deadline_passed(&deadline));
}

static void a_writer_that_closes_ends_the_wait(void **state)
{
    struct pipes *pipes = *state;
    struct error err = {0};
    struct deadline deadline = deadline_in(60000, &pipes->signals);
    close(pipes->file[1]);
    assert_int_equal(deadline_wait(&deadline, pipes->file[0], -1, &err), 1);
    pipes->file[1] = dup(pipes->file[0]);
}

static void a_signal_ends_every_wait_first(void **state)
{
    struct pipes *pipes = *state;
    struct error err = {0};
    struct deadline deadline = deadline_in(60000, &pipes->signals);
    assert_int_equal(write(pipes->signal[1], "x", 1), 1);
    assert_int_equal(write(pipes->file[1], "x", 1), 1);
    assert_int_equal(deadline_wait(&deadline, -1, -1, &err), -1);
    assert_int_equal(err.kind, ERROR_ENDING);
    err = (struct error){0};
    assert_int_equal(deadline_wait(&deadline, pipes->file[0], -1, &err), -1);
    assert_int_equal(err.kind, ERROR_ENDING);
    deadline = deadline_in(0, &pipes->signals);
    assert_int_equal(deadline_wait(&deadline, -1, 0, &err), -1);
}

#define with_pipes(test) cmocka_unit_test_setup_teardown(test, set_up_pipes, tear_down_pipes)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_pipes(waits_as_long_as_it_is_told_and_no_longer),
        with_pipes(what_is_ready_ends_the_wait),
        with_pipes(a_writer_that_closes_ends_the_wait),
        with_pipes(a_signal_ends_every_wait_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
