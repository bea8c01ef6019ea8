/* What airflow.cfg needs, so that Airflow finds our secrets in it. Pure. */
#pragma once

#include "run/look.h"

struct error;

/* What has to be done to one option of the file. */
enum cfg_need {
    CFG_RIGHT,   /* Airflow finds our ring in it, or it is none of our business */
    CFG_MAKE,    /* the file is missing */
    CFG_SET,     /* the option has to be set */
    CFG_CLEAR,   /* an empty one stands in the way of its ..._cmd or ..._secret */
    CFG_HIDE,    /* Airflow does not know the option, and would show its value */
    CFG_FOREIGN, /* it holds a key that the ring lacks, and that was not there when we looked */
    CFG_BROKEN,  /* it holds something else: not ours to overwrite */
};

/* What Airflow is to get of a secret: the ring that was decided on, or the one that could not be kept. NULL:
 * nothing, since Airflow gets it from its secrets backend, or there is none. */
const struct ring *lookup_ring(const struct lookup *lookup);

/* Says what the option at `place` of lookup->secret needs in `cfg`, so that a process with this environment finds
 * the ring there. With by_environment it has the ring in any case, and a ..._cmd that gives less, or fails, stays in charge
 * of the file. *err is filled for CFG_BROKEN. */
enum cfg_need deliver_need(const struct context *context, const struct look *look,
                           const struct lookup *lookup, size_t place, const struct cfg *cfg,
                           char *const *environment, bool by_environment, struct error *err);
