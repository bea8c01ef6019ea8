#include "process/exit_status.h"

#include <signal.h>

#include "table.h"

/* As the kernel puts it together: wait(2), WIFEXITED and the rest. */
#define EXITED(status) ((status) << 8)
#define DUMPED(number) ((number) | 0x80)

static const struct {
    int line;
    int reported;
    int status;
} table[] = {
    {ROW, EXITED(0), 0},         {ROW, EXITED(1), 1},     {ROW, EXITED(125), 125},
    {ROW, EXITED(143), 143},     {ROW, EXITED(255), 255}, {ROW, SIGHUP, 129},
    {ROW, SIGKILL, 137},         {ROW, SIGTERM, 143},     {ROW, DUMPED(SIGSEGV), 139},
    {ROW, DUMPED(SIGQUIT), 131}, {ROW, 34, 162},          {ROW, 64, 192},
};

static void the_status_is_the_command_s_own_or_128_and_the_signal_that_ended_it(void **state)
{
    (void)state;
    foreach(row, table)
        if (exit_status(row->reported) != row->status)
            fail_row(row, "%#x: got %d", (unsigned)row->reported, exit_status(row->reported));
}

static void a_good_status_is_0_and_every_other_stays(void **state)
{
    (void)state;
    const uint64_t good[4] = {UINT64_C(1) << 3, 0, UINT64_C(1) << (143 - 128), UINT64_C(1) << 63};
    for (int status = 0; status < 256; status++) {
        bool is_good = status == 3 || status == 143 || status == 255;
        if (exit_status_among(status, good) != (is_good ? 0 : status))
            fail_msg("%d became %d", status, exit_status_among(status, good));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_is_the_command_s_own_or_128_and_the_signal_that_ended_it),
        cmocka_unit_test(a_good_status_is_0_and_every_other_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
