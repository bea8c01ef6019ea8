#include "process/reaction.h"

#include <signal.h>

struct reaction react(const struct supervision *supervision, enum phase phase, int number)
{
    if (number == SIGCHLD)
        return (struct reaction){.act = ACT_REAP};
    if (phase == PHASE_LEFT && (number == SIGTERM || number == SIGINT || number == SIGQUIT))
        return (struct reaction){.act = ACT_KILL};
    if (phase == PHASE_LEFT || phase == PHASE_KILLING)
        return (struct reaction){.act = ACT_NOTHING};
    if (phase == PHASE_RUNNING && number == SIGTERM && supervision->term_delay > 0)
        return (struct reaction){.act = ACT_DELAY};

    int passed = supervision->rewrite[number];
    return (struct reaction){.act = passed ? ACT_FORWARD : ACT_NOTHING, .number = passed};
}
