/* The word that a supervisor passes to itself when it executes its program again (process/anew.h): what it
 * supervises.
 *
 * It is on the command line, which every user can read, so it has only numbers, and no secret. Only the same version
 * of fernit reads it, and only in the process that is the parent of the child in it. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/log.h"
#include "process/supervision.h"

struct error;

/* What is supervised. */
struct watch {
    struct supervision settings; /* the fields that matter once the command runs */
    pid_t child;                 /* also its process group */
    int terminal;                /* descriptor of the controlling terminal; -1: none */
    bool has_foreground;         /* fernit gave the child the terminal's foreground */
    int loudness;                /* enum log_level */
    enum log_format format;      /* of the log */
};

enum { HANDOVER_LENGTH = 2048 };

/* Writes the word. Pure. */
void handover_write(const struct watch *watch, char word[HANDOVER_LENGTH]);

/* Whether `word` begins like such a word. NULL does not. Pure. */
bool handover_is(const char *word);

/* Reads the word. Returns 0, or -1 with ERROR_USAGE: another version wrote it, or it is not what handover_write
 * writes. Pure. */
int handover_read(const char *word, struct watch *watch, struct error *err);
