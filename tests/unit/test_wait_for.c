#include "process/wait_for.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/error.h"
#include "base/signals.h"
#include "table.h"

static void a_pause_is_random_up_to_a_bound_that_doubles(void **state)
{
    (void)state;
    static const struct {
        unsigned tries;
        int64_t bound;
    } table[] = {
        {1, 100},  {2, 200},  {3, 400},  {4, 800},    {5, 1600},        {6, 2000},
        {7, 2000}, {8, 2000}, {9, 2000}, {100, 2000}, {UINT_MAX, 2000},
    };
    foreach(row, table) {
        int64_t least = INT64_MAX;
        int64_t most = -1;
        for (uint32_t random = 0; random < 3000; random++) {
            int64_t pause = wait_pause(row->tries, random);
            least = pause < least ? pause : least;
            most = pause > most ? pause : most;
        }
        if (least != 10 || most != row->bound)
            fail_msg("try %u: from %lld to %lld ms", row->tries, (long long)least, (long long)most);
        int64_t last = wait_pause(row->tries, UINT32_MAX);
        if (last < 10 || last > row->bound)
            fail_msg("try %u: %lld ms", row->tries, (long long)last);
    }
}

/* One of the two is no name, and is found before anybody is asked for the other. */
static void a_signal_during_a_look_up_ends_it_and_closes_nothing_of_others(void **state)
{
    (void)state;
    int ends[2];
    struct error err = {0};
    const struct endpoints endpoints = {.list = {{"/no/such/socket", 0}, {"name.invalid", 5432}},
                                        .count = 2};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "", 1), 1);
    int input = fcntl(STDIN_FILENO, F_GETFD) < 0 ? open("/dev/null", O_RDONLY) : STDIN_FILENO;
    assert_int_equal(input, STDIN_FILENO);

    struct signals signals = {.descriptor = ends[0]};
    const struct wait wait = {.what = "",
                              .endpoints = &endpoints,
                              .deadline = deadline_in(60000, &signals),
                              .most = "60s"};
    assert_int_equal(wait_for(&wait, &err), -1);
    assert_int_equal(err.kind, ERROR_ENDING);
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pause_is_random_up_to_a_bound_that_doubles),
        cmocka_unit_test(a_signal_during_a_look_up_ends_it_and_closes_nothing_of_others),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
