#include "base/signal_name.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/shown.h"

enum { RTMIN = 34, RTMAX = SIGNAL_LAST };

/* signal_name returns the first name of a number. */
static const struct {
    char name[7];
    unsigned char number;
} signals[] = {
    {"HUP", SIGHUP},       {"INT", SIGINT},   {"QUIT", SIGQUIT},   {"ILL", SIGILL},
    {"TRAP", SIGTRAP},     {"ABRT", SIGABRT}, {"IOT", SIGABRT},    {"BUS", SIGBUS},
    {"FPE", SIGFPE},       {"KILL", SIGKILL}, {"USR1", SIGUSR1},   {"SEGV", SIGSEGV},
    {"USR2", SIGUSR2},     {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},   {"TERM", SIGTERM},
    {"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD}, {"CLD", SIGCHLD},    {"CONT", SIGCONT},
    {"STOP", SIGSTOP},     {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN},   {"TTOU", SIGTTOU},
    {"URG", SIGURG},       {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},   {"VTALRM", SIGVTALRM},
    {"PROF", SIGPROF},     {"IO", SIGIO},     {"WINCH", SIGWINCH}, {"POLL", SIGIO},
    {"PWR", SIGPWR},       {"SYS", SIGSYS},   {"RTMIN", RTMIN},    {"RTMAX", RTMAX},
};

/* "0" to "64", or -1. */
static int decimal(const char *text)
{
    int number = 0;
    if (*text == '\0' || (*text == '0' && text[1]))
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        number = number * 10 + (*text - '0');
        if (number > SIGNAL_LAST)
            return -1;
    }
    return number;
}

int signal_number(const char *text)
{
    int number = decimal(text);
    if (number >= 0)
        return number;

    if (strncasecmp(text, "SIG", 3) == 0)
        text += 3;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (strcasecmp(text, signals[i].name) == 0)
            return signals[i].number;

    int steps = strlen(text) > 6 ? decimal(text + 6) : -1;
    if (steps < 0 || steps > RTMAX - RTMIN)
        return -1;
    if (strncasecmp(text, "RTMIN+", 6) == 0)
        return RTMIN + steps;
    return strncasecmp(text, "RTMAX-", 6) == 0 ? RTMAX - steps : -1;
}

const char *signal_name(int number, char text[SIGNAL_NAME])
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (signals[i].number == number) {
            snprintf(text, SIGNAL_NAME, "SIG%s", signals[i].name);
            return text;
        }
    }
    if (number > RTMIN && number < RTMAX)
        snprintf(text, SIGNAL_NAME, "SIGRTMIN+%d", number - RTMIN);
    else
        snprintf(text, SIGNAL_NAME, "signal %d", number);
    return text;
}

void signal_rewrite_none(uint8_t rewrite[SIGNAL_LAST + 1])
{
    for (int number = 0; number <= SIGNAL_LAST; number++)
        rewrite[number] = (uint8_t)number;
}

int signal_rewrite_parse(const char *text, uint8_t rewrite[SIGNAL_LAST + 1], struct error *err)
{
    static const char form[] = "write two names or numbers, as in TERM:QUIT, or HUP:0 to drop one";
    char left[SIGNAL_NAME] = "";
    const char *colon = strchr(text, ':');
    if (!colon) {
        error_usage(err, "\"%s\" does not name two signals", shown_value(text));
        return error_hint(err, form);
    }
    if ((size_t)(colon - text) < sizeof left)
        memcpy(left, text, (size_t)(colon - text));

    int from = signal_number(left);
    int to = signal_number(colon + 1);
    if (from < 0 || to < 0) {
        const char *unknown = from >= 0 ? colon + 1 : *left || colon == text ? left : text;
        error_usage(err, "\"%s\": there is no signal \"%s\"", shown_value(text),
                    shown_value(unknown));
        return error_hint(err, form);
    }
    if (from == 0) {
        error_usage(err, "\"%s\": signal 0 never arrives", text);
        return error_hint(err, "0 belongs behind the colon: HUP:0 drops SIGHUP");
    }
    if (from == SIGKILL || from == SIGSTOP)
        return error_usage(err, "\"%s\": %s cannot be caught", text, signal_name(from, left));
    if (from == SIGCHLD)
        return error_usage(err, "\"%s\": SIGCHLD is about fernit's own children", text);

    rewrite[from] = (uint8_t)to;
    return 0;
}
