/* What went wrong, carried from where it happened up to the one place that prints it.
 *
 * A function that can fail takes a `struct error *` last, fills it and returns -1:
 *
 *     if (fsync(fd) < 0)
 *         return error_sys(err, "%s: cannot make it durable", path);
 *
 * Its caller adds what only the caller knows (error_within) or hands it up as it is. No function prints
 * on the way, errno is not lost, and no message has a secret in it.
 */
#pragma once

#include <stdbool.h>

enum error_kind {
    ERROR_NONE = 0,
    ERROR_USAGE,   /* the words on the command line, in the environment or in fernit.ini */
    ERROR_INPUT,   /* a value that is wrong: says which source, which position, what is right */
    ERROR_SYSTEM,  /* a system call: errnum is set */
    ERROR_REFUSED, /* we could, and will not: says what would allow it */
    ERROR_ENDING,  /* a signal asked us to end while we waited: nothing went wrong */
};

struct error {
    enum error_kind kind;
    int errnum;     /* errno of ERROR_SYSTEM, else 0 */
    const char *id; /* of the catalogue (cli/catalogue.h), a literal; NULL: the one of its kind */
    bool is_closed; /* what a caller would advise does not help: error_advise leaves it out */
    char message[640]; /* one line: what, where, why */
    char hints[1024];  /* what to do, a line each, with "\n" between them; "" for none */
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

/* As above; appends ": " and strerror(errno), and keeps errno in errnum. */
int error_sys(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* Puts "CONTEXT: " before the message of an error that is already filled. Returns -1. */
int error_within(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* Gives it the id that `fernit help ID` explains. Returns -1. */
int error_id(struct error *err, const char *id);

/* Adds a hint: what the person who reads it can do. One for which there is no room is left out. Returns -1. */
int error_hint(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* The same, but where errno alone tells what to do, wherever it comes from (a full disk, no memory, no descriptor, a failing
 * disk), the hint is error_remedy's. Returns -1. */
int error_advise(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* Whether it is such an error, which no other advice helps. */
bool error_tells_all(const struct error *err);

/* The hint that errno alone gives, for an error that has no hints; else "". */
const char *error_remedy(const struct error *err) __attribute__((cold));

/* Its hints, or error_remedy's; "" for none. */
const char *error_hints(const struct error *err);

/* Logs it (base/log.h), with its id, or that of its kind: "usage", "input", "system", "refused". */
void error_print(const struct error *err) __attribute__((cold));
