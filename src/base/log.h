/* Messages for the person who reads the container's log, on standard error, or for the program that does.
 *
 * A message is one line, and what to do about it a line each behind it:
 *
 *     fernit: warning: other-key: FERNET_KEY lacks 2c26b46b68ffc68f, which the store holds
 *     fernit: hint: give one ring everywhere
 *
 * or all of it is one JSON object in one line. A message and its hints are written with one write(2), so that those of several
 * processes do not mix; control characters in it become '?', in JSON escapes, so that no value can forge a line.
 * Without secrets: a key appears as its fingerprint or not at all; should one be in the words of an error all
 * the same, it is masked. A log that cannot be written is no reason to fail, nor to wait for: what standard
 * error does not take within a second is dropped, and then what it does not take at once.
 *
 * The object's keys, always in this order: "time" (RFC 3339, UTC, milliseconds), "level" ("error", "warning", "notice",
 * "detail"), "id" (of errors and warnings), "message", "hint" (an array of strings; not there where there are no hints). What
 * would make it longer than PIPE_BUF, 4096 bytes, is cut.
 */
#pragma once

#include <stdbool.h>

enum log_level {
    LOG_QUIET,   /* errors */
    LOG_NORMAL,  /* and warnings, and what changed */
    LOG_VERBOSE, /* and what was looked at */
};

enum log_format { LOG_TEXT, LOG_JSON };

/* LOG_NORMAL until set. The log's level, patience and descriptor are its own state, for all of the program. */
void log_set_level(enum log_level wanted);
enum log_level log_level(void);

/* LOG_TEXT until set. */
void log_set_format(enum log_format wanted);
enum log_format log_format(void);

/* From now on a line that is not taken at once is dropped: for a caller that must not block. */
void log_never_wait(void);

/* A pipe or a terminal may have room for a byte and not for a line, and keep who writes it for ever. So the
 * log opens the one behind standard error for itself, O_NONBLOCK, with its first line. To be called before a
 * change of user, who may not be allowed to open it; where it cannot be opened poll(2) has to do. */
void log_open(void);

/* Lets the log's own opening take the place of standard error, which no other code uses any more. */
void log_take_standard_error(void);

/* From now on `listen` gets each warning and its hints, whatever the level, and nothing of them is printed; notices and details are dropped, errors stay. For a command that tells what another one would log. NULL: as
 * before. */
void log_divert(void (*listen)(void *context, const char *id, const char *text, const char *hints),
                void *context);

/* Whether lines of that level are printed: for what costs something to find out. */
bool log_shows(enum log_level wanted);

/* Puts stars over what looks like a key: 43 characters of base64 before a "=", or as a word that is no
 * variable's name. A net under all that is printed, for keys that were put where a name or a
 * path belongs. */
void log_mask(char *text);

/* In all of these `hints` is what to do: a line each, with "\n" between them; NULL or "": none. An id names this kind of error
 * or warning in all versions: it is a literal, and stands in the program's catalogue. */

/* "fernit: error: TEXT": why fernit stops. At every level. */
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
