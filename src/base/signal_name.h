/* Names and numbers of signals, and the table of rewrites: as which signal each one is forwarded. signal(7)
 *
 * RTMIN is 34, the number of glibc, which `kill -l` and every glibc program (bash, Python) use. The SIGRTMIN of
 * musl, with which fernit is built, is 35 and not used here.
 */
#pragma once

#include <stdint.h>

struct error;

enum {
    SIGNAL_LAST = 64, /* the kernel's highest */
    SIGNAL_NAME = 24, /* bytes for signal_name */
};

/* The number, 0 to 64, of "15", "TERM", "SIGTERM", "sigterm", "RTMIN+3" or "RTMAX-3"; -1 if there
 * is no such signal. Knows all names of signal(7) on Linux, with CLD, IOT and POLL, in any letter case. A number
 * has digits only: no sign, no blank, and no leading zero, because some programs read "010" as 8. */
int signal_number(const char *text);

/* "SIGTERM", "SIGRTMIN+3", or "signal 32" for a number without a name. Returns `text`. */
const char *signal_name(int number, char text[SIGNAL_NAME]);

/* Fills rewrite[0 to 64] so that no signal is rewritten. */
void signal_rewrite_none(uint8_t rewrite[SIGNAL_LAST + 1]);

/* Reads "FROM:TO", two signals as signal_number reads them, and sets rewrite[from] = to. TO may be 0: the signal is
 * dropped. FROM cannot be KILL or STOP, which no program can catch, nor CHLD, which is about fernit's own children
 * and is never forwarded. The last rewrite of a signal is used. Returns 0, or -1 with ERROR_USAGE; rewrite is then
 * untouched. */
int signal_rewrite_parse(const char *text, uint8_t rewrite[SIGNAL_LAST + 1], struct error *err);
