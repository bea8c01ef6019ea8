/* An error, passed from the function where it happened up to the one place that prints it.
 *
 * A function that can fail takes a `struct error *` last, fills it and returns -1:
 *
 *     if (fsync(fd) < 0)
 *         return error_sys(err, "%s: cannot make it durable", path);
 *
 * The caller adds what only it knows (error_within), or returns the error unchanged. No function prints on the way,
 * errno is not lost, and no message contains a secret.
 */
#pragma once

#include <stdbool.h>

enum error_kind {
    ERROR_NONE = 0,
    ERROR_USAGE,   /* the words on the command line, in the environment or in fernit.ini */
    ERROR_INPUT,   /* a wrong value: the message says which source, which position, what is right */
    ERROR_SYSTEM,  /* a system call failed: errnum is set */
    ERROR_REFUSED, /* fernit could do it, and must not: a hint says what would allow it */
    ERROR_ENDING,  /* a signal asked fernit to end while it waited: nothing went wrong */
};

struct error {
    enum error_kind kind;
    int errnum;     /* errno of ERROR_SYSTEM, else 0 */
    const char *id; /* of the catalogue (cli/catalogue.h), a literal; NULL: the id of its kind */
    bool ignores_advice; /* no hint of a caller would help: error_advise adds none */
    char message[640];   /* one line: what, where, why */
    char hints[1024];    /* what to do, a line each, with "\n" between them; "" for none */
};

/* Each fills *err and returns -1, so that `return error_input(err, ...)` is a whole failure path.
 * A message that is too long is cut; a control character in what it names becomes '?'. */
int error_usage(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));
int error_input(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));
int error_refused(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));
int error_ending(struct error *err) __attribute__((cold));

/* The same; appends ": " and strerror(errno), and stores errno in errnum. */
int error_sys(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* Puts "CONTEXT: " before the message of a filled error. Returns -1. */
int error_within(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* Sets the id that `fernit help ID` explains. Returns -1. */
int error_id(struct error *err, const char *id);

/* Adds a hint: what the reader can do. A hint that does not fit is left out. Returns -1. */
int error_hint(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* The same; but if errno alone tells what to do (a full disk, no memory, no descriptor, a failing disk), the hint
 * is error_remedy's. Returns -1. */
int error_advise(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* Whether errno alone tells what to do, so that no other hint would help. */
bool error_ignores_advice(const struct error *err);

/* The hint for errno, if the error has no hints; else "". */
const char *error_remedy(const struct error *err) __attribute__((cold));

/* The error's hints, or error_remedy's; "" for none. */
const char *error_hints(const struct error *err);

/* The error's id, or that of its kind: "usage", "input", "system", "refused". */
const char *error_shown_id(const struct error *err);

/* Logs the error (base/log.h) with that id. */
void error_print(const struct error *err) __attribute__((cold));
