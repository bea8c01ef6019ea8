/* How fernit supervises a command: the settings of `run --init`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "process/scope.h"

enum { SIGNAL_COUNT = 65 }; /* 1 to 64; 0 is none */

struct supervision {
    enum scope scope;  /* which processes get a signal; SCOPE_AUTO until the command is known */
    bool own_session;  /* the child gets a session, not only a process group, of its own */
    bool no_subreaper; /* unless it is PID 1, fernit adopts no orphaned descendants */
    uint8_t rewrite[SIGNAL_COUNT]; /* the signal that is forwarded instead; itself, or 0: dropped */
    uint64_t good_statuses[4];     /* bit N: status N is reported as 0 */
    int64_t grace;      /* milliseconds for descendants, from SIGTERM to SIGKILL; 0: none */
    int64_t term_delay; /* milliseconds before a SIGTERM is forwarded */
};
