/* Messages on standard error, for the person or program that reads the container's log.
 *
 * A message is one line, and each of its hints is a line behind it:
 *
 *     fernit: warning: other-key: FERNET_KEY lacks 2c26b46b68ffc68f, which the store holds
 *     fernit: hint: give one ring everywhere
 *
 * In the JSON format they are one object in one line. Its keys, always in this order: "time" (RFC 3339, UTC,
 * milliseconds), "level" ("error", "warning", "notice", "detail"), "id" (of errors and warnings), "message",
 * "hint" (an array of strings; absent if there are no hints).
 *
 * A message and its hints are one write(2) of at most PIPE_BUF (4096) bytes, so that the lines of several
 * processes do not mix. Longer text is cut. Control characters become '?' (in JSON: escapes), so that no value can
 * forge a line.
 *
 * No message contains a secret: a key is shown as its fingerprint. Text that looks like a key is masked. fernit
 * never fails because of the log: it waits one second for standard error, then drops the message, and from then on
 * each message that standard error does not accept at once.
 */
#pragma once

#include <stdbool.h>

enum log_level {
    LOG_QUIET,   /* errors */
    LOG_NORMAL,  /* and warnings, and what fernit changed */
    LOG_VERBOSE, /* and what fernit examined */
};

enum log_format { LOG_TEXT, LOG_JSON };

/* LOG_NORMAL until set. Level, format, timeout and descriptor are the log's state, one for the whole program. */
void log_set_level(enum log_level wanted);
enum log_level log_level(void);

/* LOG_TEXT until set. */
void log_set_format(enum log_format wanted);
enum log_format log_format(void);

/* From now on a line that standard error does not accept at once is dropped: for a caller that must not block. */
void log_never_wait(void);

/* Opens the pipe or terminal behind standard error once more, with O_NONBLOCK: it may have room for a byte but not
 * for a line, and then a plain write(2) would block for ever. The first message does this by itself. Call it
 * before a change of user, who may lack the permission. If it cannot be opened, only poll(2) guards the write. */
void log_open(void);

/* Makes that descriptor standard error, for a process in which only the log writes there. */
void log_take_standard_error(void);

/* From now on `listen` gets each warning with its hints, whatever the level, and the log does not print it.
 * Notices and details are dropped, errors are printed. For a command that reports what another one would log. NULL
 * ends this. */
void log_divert(void (*listen)(void *context, const char *id, const char *text, const char *hints),
                void *context);

/* Whether lines of that level are printed: for text that is expensive to compute. */
bool log_shows(enum log_level wanted);

/* Replaces text that looks like a key by stars: 43 characters of base64 before a "=", or a word of 43 such
 * characters that is not a variable's name. The log does this to every message, in case a key was given as a name
 * or a path. */
void log_mask(char *text);

/* `hints`: what to do, a line each, with "\n" between them; NULL or "": none. `id`: names this kind of error or
 * warning in all versions; a literal, listed in the program's catalogue (cli/catalogue.h). */

/* "fernit: error: TEXT": why fernit ends. At every level. */
void log_error(const char *id, const char *hints, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* "fernit: warning: ID: TEXT", from LOG_NORMAL on. */
void log_warning(const char *id, const char *hints, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* "fernit: TEXT": something was created or changed, from LOG_NORMAL on. */
void log_notice(const char *hints, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* "fernit: TEXT", at LOG_VERBOSE. */
void log_detail(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
