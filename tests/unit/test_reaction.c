#include "process/reaction.h"

#include <signal.h>

#include "table.h"

enum { RT = 34 };

static struct supervision settings(int64_t term_delay)
{
    struct supervision made = {.term_delay = term_delay};
    for (unsigned i = 0; i < SIGNAL_COUNT; i++)
        made.rewrite[i] = (uint8_t)i;
    return made;
}

static void while_the_command_runs_every_signal_but_chld_is_passed_on(void **state)
{
    (void)state;
    const struct supervision plain = settings(0);
    for (int number = 1; number < SIGNAL_COUNT; number++) {
        struct reaction reaction = react(&plain, PHASE_RUNNING, number);
        if (number == SIGCHLD ? reaction.act != ACT_REAP
                              : reaction.act != ACT_FORWARD || reaction.number != number)
            fail_msg("signal %d: act %d, number %d", number, (int)reaction.act, reaction.number);
    }
}

static void in_each_phase_a_signal_means_what_it_must(void **state)
{
    (void)state;
    struct supervision rewriting = settings(0);
    rewriting.rewrite[SIGTERM] = SIGQUIT;
    rewriting.rewrite[SIGHUP] = 0;
    rewriting.rewrite[SIGUSR1] = RT;
    struct supervision delaying = settings(5000);
    delaying.rewrite[SIGTERM] = SIGINT;
    delaying.rewrite[SIGUSR1] = SIGTERM;

    const struct {
        int line;
        const struct supervision *settings;
        enum phase phase;
        int number;
        enum act act;
        int passed;
    } table[] = {
        {ROW, &rewriting, PHASE_RUNNING, SIGTERM, ACT_FORWARD, SIGQUIT},
        {ROW, &rewriting, PHASE_RUNNING, SIGQUIT, ACT_FORWARD, SIGQUIT},
        {ROW, &rewriting, PHASE_RUNNING, SIGHUP, ACT_NOTHING, 0},
        {ROW, &rewriting, PHASE_RUNNING, SIGUSR1, ACT_FORWARD, RT},
        {ROW, &rewriting, PHASE_RUNNING, RT, ACT_FORWARD, RT},
        {ROW, &delaying, PHASE_RUNNING, SIGTERM, ACT_DELAY, 0},
        {ROW, &delaying, PHASE_RUNNING, SIGINT, ACT_FORWARD, SIGINT},
        /* The delay is for the TERM that comes, not for one that another signal becomes. */
        {ROW, &delaying, PHASE_RUNNING, SIGUSR1, ACT_FORWARD, SIGTERM},
        {ROW, &delaying, PHASE_DELAYING, SIGTERM, ACT_FORWARD, SIGINT},
        {ROW, &delaying, PHASE_DELAYING, SIGHUP, ACT_FORWARD, SIGHUP},
        {ROW, &delaying, PHASE_DELAYING, SIGCHLD, ACT_REAP, 0},
        {ROW, &rewriting, PHASE_LEFT, SIGTERM, ACT_KILL, 0},
        {ROW, &rewriting, PHASE_LEFT, SIGINT, ACT_KILL, 0},
        {ROW, &rewriting, PHASE_LEFT, SIGQUIT, ACT_KILL, 0},
        {ROW, &rewriting, PHASE_LEFT, SIGHUP, ACT_NOTHING, 0},
        {ROW, &rewriting, PHASE_LEFT, SIGUSR1, ACT_NOTHING, 0},
        {ROW, &rewriting, PHASE_LEFT, SIGCHLD, ACT_REAP, 0},
        {ROW, &rewriting, PHASE_KILLING, SIGTERM, ACT_NOTHING, 0},
        {ROW, &rewriting, PHASE_KILLING, SIGCHLD, ACT_REAP, 0},
    };
    foreach(row, table) {
        struct reaction reaction = react(row->settings, row->phase, row->number);
        if (reaction.act != row->act || reaction.number != row->passed)
            fail_row(row, "act %d, number %d", (int)reaction.act, reaction.number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(while_the_command_runs_every_signal_but_chld_is_passed_on),
        cmocka_unit_test(in_each_phase_a_signal_means_what_it_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
