/* What the supervisor does about a signal. */
#pragma once

#include "process/supervision.h"

enum phase {
    PHASE_RUNNING,  /* the command runs */
    PHASE_DELAYING, /* it runs, and a TERM waits for its delay to pass */
    PHASE_LEFT,     /* it has ended; what it left behind was sent TERM, and has its grace */
    PHASE_KILLING,  /* what was left was sent KILL */
};

enum act {
    ACT_NOTHING,
    ACT_REAP,    /* somebody has ended */
    ACT_FORWARD, /* pass `number` on to the command */
    ACT_DELAY,   /* begin to wait with it */
    ACT_KILL,    /* the grace is over */
};

struct reaction {
    enum act act;
    int number; /* of ACT_FORWARD */
};

/* The reaction to signal `number` (1 to 64), as it came, in this phase.
 *
 * While the command runs every signal is passed on, rewritten as the settings have it; a TERM after
 * its delay, or at once where a second one comes. SIGCHLD is about fernit's own children, also where
 * somebody has sent it. Once the command has ended nobody is there to get a signal, and TERM, INT or
 * QUIT end the grace of the others. Pure. */
struct reaction react(const struct supervision *supervision, enum phase phase, int number);
