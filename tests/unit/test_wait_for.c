#include "process/wait_for.h"

#include <limits.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pause_is_random_up_to_a_bound_that_doubles),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
