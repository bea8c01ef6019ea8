/* The one word in which a supervisor that executes itself anew tells itself what it was doing.
 *
 * It is on the command line, which everybody may read: numbers, and nothing else. It is of this very
 * program's version, and of no use to anybody who is not the parent of the process that it names.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/log.h"
#include "process/supervision.h"

struct error;

/* What is supervised. */
struct watch {
    struct supervision settings; /* those that matter once the command runs */
    pid_t child;                 /* also its process group */
    int terminal;                /* descriptor of the controlling terminal; -1: none */
    bool given;                  /* the child has its foreground, from us */
    int loudness;                /* enum log_level */
    enum log_format format;      /* of what is logged */
};

enum { HANDOVER_LENGTH = 2048 };

/* Writes it into `word`. Pure. */
void handover_write(const struct watch *watch, char word[HANDOVER_LENGTH]);

/* Whether `word` is meant to be one. NULL is none. Pure. */
bool handover_is(const char *word);

/* Reads what handover_write has written. Returns 0, or -1 with ERROR_USAGE: of another version, or
 * anything but what that writes. Pure. */
int handover_read(const char *word, struct watch *watch, struct error *err);
