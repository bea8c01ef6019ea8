/* What airflow.cfg needs, so that Airflow finds the secrets in it. Pure. */
#pragma once

#include "run/findings.h"

struct error;

/* What must be done to one option of the file. */
enum cfg_need {
    CFG_RIGHT,   /* nothing: Airflow finds the ring in it, or the option is not fernit's */
    CFG_MAKE,    /* create the file, which is missing */
    CFG_SET,     /* set the option */
    CFG_CLEAR,   /* comment it out: it is empty, and hides its ..._cmd or ..._secret */
    CFG_HIDE,    /* comment it out: Airflow does not know it, and would show its value */
    CFG_FOREIGN, /* decide again: another process has just written a key that the ring lacks */
    CFG_BROKEN,  /* leave it: it holds something that is no key */
};

/* Says what option `index` of item->secret needs in `cfg`, so that a process with this environment finds
 * item->delivers there. by_environment: the command gets the ring in any case, so a ..._cmd that gives less, or
 * fails, stays in the file. *err is filled for CFG_BROKEN. */
enum cfg_need cfg_option_need(const struct context *context, const struct findings *findings,
                              const struct item *item, size_t index, const struct cfg *cfg,
                              char *const *environment, bool by_environment, struct error *err);

/* Whether that option has a fault that the survey has seen, and that a warning has told: fernit leaves it as it is.
 * An option that Airflow would show is commented out all the same. */
bool cfg_option_is_left(const struct findings *findings, const struct item *item, size_t index);

/* The options that need something, in the order of the secrets. */
struct cfg_needs {
    struct cfg_option {
        const struct item *item;
        const struct managed_option *option;
        enum cfg_need need; /* not CFG_RIGHT */
    } list[MANAGED_COUNT * MANAGED_OPTIONS];
    size_t count;
    bool has_left; /* an option has a fault, and stays */
};

/* Asks for each option of each secret, with these arguments. */
void cfg_needs(const struct context *context, const struct findings *findings,
               const struct cfg *cfg, char *const *environment, bool by_environment,
               struct cfg_needs *needs);
