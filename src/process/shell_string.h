/* What the string of a shell's -c ends in: sh(1p), "Shell Command Language", as far as it takes to find
 * the last simple command in it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { LAST_WORDS = 64, LAST_TEXT = 1024 };

/* The last simple command. Words that there is no room for are left out, and all behind them: a
 * program is known by those in front. */
struct last_command {
    char *words[LAST_WORDS + 1]; /* without their quotes; an expansion is a lone '$' */
    size_t count;
    bool plain;      /* no parenthesis: no subshell, no function */
    bool redirected; /* it has a < or > */
    char before; /* what separates it from its neighbours: ; & | newline, 'l' for && and ||; or 0 */
    char after;

    char text[LAST_TEXT]; /* the rest is the reader's own */
    size_t used;
    bool full;
};

/* Reads `text` up to its end into *last, which must be zeroed. "$0" and "$@" stand for the words at
 * `zero`, those behind the string. Returns false where it cannot be understood. Pure. */
bool shell_last_command(const char *text, char *const *zero, struct last_command *last);
