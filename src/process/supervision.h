/* How a command is to be supervised: what `run --init` was told. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "process/scope.h"

enum { SIGNAL_COUNT = 65 }; /* 1 to 64; 0 is none */

struct supervision {
    enum scope scope;  /* whom a signal is for; SCOPE_AUTO until the command is known */
    bool own_session;  /* the child gets a session, not only a process group, of its own */
    bool no_subreaper; /* not being PID 1, leave to init what the command leaves behind */
    uint8_t rewrite[SIGNAL_COUNT]; /* what a signal is passed on as; itself, or 0: dropped */
    uint64_t good_statuses[4];     /* bit N: status N is reported as 0 */
    int64_t grace;      /* milliseconds for what is left behind, from TERM to KILL; 0: none */
    int64_t term_delay; /* milliseconds before a TERM is passed on */
};
