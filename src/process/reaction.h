/* What the supervisor does when a signal arrives. A new rule for a signal goes into react(). */
#pragma once

#include "process/supervision.h"

enum phase {
    PHASE_RUNNING,  /* the command runs */
    PHASE_DELAYING, /* the command runs, and a SIGTERM is delayed */
    PHASE_LEFT,     /* the command has ended; its descendants got SIGTERM, and have a grace time */
    PHASE_KILLING,  /* the descendants got SIGKILL */
};

enum act {
    ACT_NOTHING,
    ACT_REAP,    /* reap the processes that have ended */
    ACT_FORWARD, /* forward `number` to the command */
    ACT_DELAY,   /* begin the delay */
    ACT_KILL,    /* end the grace time */
};

struct reaction {
    enum act act;
    int number; /* of ACT_FORWARD */
};

/* The reaction to signal `number` (1 to 64) in this phase.
 *
 * While the command runs, every signal is forwarded, rewritten as the settings say. A SIGTERM is forwarded after its
 * delay, or at once when a second one arrives. SIGCHLD always means fernit's own children, even if another process
 * sent it. Once the command has ended, no signal is forwarded, and TERM, INT or QUIT ends the grace time. Pure. */
struct reaction react(const struct supervision *supervision, enum phase phase, int number);
