/* Each case in a child of its own, which ends with 0 if all is as it should be, or with the line where it
 * was not. */
#include "base/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "table.h"

static uint64_t bit(int number)
{
    return UINT64_C(1) << (number - 1);
}

static uint64_t mask_now(void)
{
    uint64_t mask = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, sizeof mask);
    return mask;
}

static void set_mask(uint64_t mask)
{
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

static bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLIN);
}

/* To one thread, by the raw call: glibc keeps 32 and 33 for itself. */
static void send(int number)
{
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
}

static int status_of(int (*body)(int), int argument)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        set_mask(0);
        _exit(body(argument));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

#define check(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return (__LINE__ % 100) + 1;                                                           \
    } while (0)

static const int ending[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

static int hold_and_send(int number)
{
    struct error err = {0};
    struct signals signals;
    check(signals_hold(&signals, &err) == 0 && signals.descriptor == -1);
    check(signals_watch(&signals, &err) == 0 && signals.descriptor >= 0);
    check(signals.inherited == 0);
    check(signals_pending(&signals) == 0 && !is_readable(signals.descriptor));
    send(number);
    bool ends = signals.ending & bit(number);
    for (int i = 0; i < 2; i++) {
        check(signals_pending(&signals) == (ends ? number : 0));
        check(is_readable(signals.descriptor) == ends);
    }
    return ends ? 100 : 0;
}

static void every_signal_is_held_and_four_of_them_ask_to_end(void **state)
{
    (void)state;
    for (int number = 1; number <= 64; number++) {
        if (number == SIGKILL || number == SIGSTOP)
            continue;
        bool ends = false;
        foreach(one, ending)
            ends = ends || *one == number;
        int status = status_of(hold_and_send, number);
        if (status != (ends ? 100 : 0))
            fail_msg("signal %d: %d", number, status);
    }
}

static int hold_all(int unused)
{
    struct error err = {0};
    struct signals signals;
    (void)unused;
    check(signals_hold(&signals, &err) == 0);
    check(mask_now() == ~(bit(SIGKILL) | bit(SIGSTOP)));
    check(signals.ending == (bit(SIGTERM) | bit(SIGINT) | bit(SIGHUP) | bit(SIGQUIT)));
    return 0;
}

static void the_mask_is_that_of_the_kernel_not_of_libc(void **state)
{
    (void)state;
    assert_int_equal(status_of(hold_all, 0), 0);
}

static int inherit_ignored(int number)
{
    struct error err = {0};
    struct signals signals;
    signal(number, SIG_IGN);
    check(signals_hold(&signals, &err) == 0 && signals_watch(&signals, &err) == 0);
    check(!(signals.ending & bit(number)));
    send(number);
    check(signals_pending(&signals) == 0 && !is_readable(signals.descriptor));
    signals_release(&signals);
    send(number);
    struct sigaction action;
    check(sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
    return 0;
}

static int inherit_blocked(int number)
{
    struct error err = {0};
    struct signals signals;
    set_mask(bit(number) | bit(SIGUSR1));
    check(signals_hold(&signals, &err) == 0 && signals_watch(&signals, &err) == 0);
    check(signals.inherited == (bit(number) | bit(SIGUSR1)));
    check(!(signals.ending & bit(number)));
    send(number);
    check(signals_pending(&signals) == 0 && !is_readable(signals.descriptor));
    signals_release(&signals);
    check(mask_now() == (bit(number) | bit(SIGUSR1)));
    return 0;
}

static void what_was_inherited_ignored_or_blocked_stays_so(void **state)
{
    (void)state;
    foreach(number, ending) {
        int status = status_of(inherit_ignored, *number);
        if (status != 0)
            fail_msg("signal %d ignored: %d", *number, status);
        status = status_of(inherit_blocked, *number);
        if (status != 0)
            fail_msg("signal %d blocked: %d", *number, status);
    }
}

static int release_pending(int number)
{
    struct error err = {0};
    struct signals signals;
    check(signals_hold(&signals, &err) == 0);
    send(number);
    signals_release(&signals);
    return 0;
}

static int release_then_send(int number)
{
    struct error err = {0};
    struct signals signals;
    check(signals_hold(&signals, &err) == 0);
    signals_release(&signals);
    check(mask_now() == 0);
    send(number);
    return 0;
}

static void a_signal_that_asks_to_end_does_so_at_the_latest_before_the_exec(void **state)
{
    (void)state;
    foreach(number, ending) {
        assert_int_equal(status_of(release_pending, *number), 128 + *number);
        assert_int_equal(status_of(release_then_send, *number), 128 + *number);
    }
    /* Any other does what it does to a process that has not heard of it. */
    assert_int_equal(status_of(release_pending, SIGUSR1), 1000 + SIGUSR1);
    assert_int_equal(status_of(release_then_send, SIGCHLD), 0);
}

static void a_sigpipe_of_our_own_does_not_end_the_command(void **state)
{
    (void)state;
    assert_int_equal(status_of(release_pending, SIGPIPE), 0);
    assert_int_equal(status_of(release_then_send, SIGPIPE), 1000 + SIGPIPE);
}

static int send_two(int number)
{
    struct error err = {0};
    struct signals signals;
    check(signals_hold(&signals, &err) == 0);
    send(number);
    send(SIGUSR2);
    send(SIGWINCH);
    check(signals_pending(&signals) == number);
    return 0;
}

static void others_do_not_hide_one_that_asks_to_end(void **state)
{
    (void)state;
    foreach(number, ending)
        assert_int_equal(status_of(send_two, *number), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_signal_is_held_and_four_of_them_ask_to_end),
        cmocka_unit_test(the_mask_is_that_of_the_kernel_not_of_libc),
        cmocka_unit_test(what_was_inherited_ignored_or_blocked_stays_so),
        cmocka_unit_test(a_signal_that_asks_to_end_does_so_at_the_latest_before_the_exec),
        cmocka_unit_test(a_sigpipe_of_our_own_does_not_end_the_command),
        cmocka_unit_test(others_do_not_hide_one_that_asks_to_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
