/* Signals by name and number, and which one each is forwarded as: signal(7).
 *
 * RTMIN is 34, glibc's number, which is what `kill -l` shows and every glibc program (bash, Python)
 * means. The SIGRTMIN of musl, with which fernit is built, is 35 and not used here.
 */
#pragma once

#include <stdint.h>

struct error;

enum {
    SIGNAL_LAST = 64, /* the kernel's highest */
    SIGNAL_NAME = 24, /* bytes for what signal_name writes */
};

/* The number, 0 to 64, of "15", "TERM", "SIGTERM", "sigterm", "RTMIN+3" or "RTMAX-3"; -1 if there
 * is no such signal. All names of signal(7) on Linux, with CLD, IOT and POLL, in any letter case. A
 * number is digits alone: no sign, blank or leading zero, since "010" is 8 to some. */
int signal_number(const char *text);

/* "SIGTERM", "SIGRTMIN+3", or "signal 32" for a number without a name. Returns `text`. */
const char *signal_name(int number, char text[SIGNAL_NAME]);

/* Fills rewrite[0 to 64] so that each signal stays what it is. */
void signal_rewrite_none(uint8_t rewrite[SIGNAL_LAST + 1]);

/* Reads "FROM:TO", two signals as signal_number has them, and sets rewrite[from] = to. TO may be 0:
 * the signal is dropped. FROM may be neither KILL nor STOP, which cannot be caught, nor CHLD, which
 * speaks of fernit's own children and is never passed on. Given twice for one signal, the later
 * holds. Returns 0, or -1 with ERROR_USAGE; rewrite is then untouched. */
int signal_rewrite_parse(const char *text, uint8_t rewrite[SIGNAL_LAST + 1], struct error *err);
