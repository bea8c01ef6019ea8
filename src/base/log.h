/* Lines for the person who reads the container's log, on standard error, or for the program that does.
 *
 * Every line is "fernit: TEXT\n", or one JSON object, and is written with one write(2) so that lines of several
 * processes do not mix; control characters in it become '?', in JSON escapes, so that no value can forge a line.
 * Without secrets: a key appears as its fingerprint or not at all; should one be in the words of an error all
 * the same, it is masked. A log that cannot be written is no reason to fail, nor to wait for: what standard
 * error does not take within a second is dropped, and then what it does not take at once.
 *
 * The object's keys, always in this order: "time" (RFC 3339, UTC, milliseconds), "level" ("error", "warning",
 * "hint", "notice", "detail"), "id" (of warnings alone), "message" (TEXT). What would make the line longer than PIPE_BUF,
 * 4096 bytes, is cut from the message.
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

/* From now on a line that is not taken at once is dropped: for who has to go on. */
void log_never_wait(void);

/* A pipe or a terminal may have room for a byte and not for a line, and keep who writes it for ever. So the
 * log opens the one behind standard error for itself, O_NONBLOCK, with its first line. To be called before a
 * change of user, who may not be allowed to open it; where it cannot be opened poll(2) has to do. */
void log_open(void);

/* Lets the log's own opening take the place of standard error, which nobody else is to use any more. */
void log_take_standard_error(void);

/* From now on `listen` gets each warning, whatever the level, and each hint behind one (id NULL), and nothing of them is
 * printed; notices and details are dropped, errors stay. For a command that tells what another one would log. NULL: as
 * before. */
void log_divert(void (*listen)(void *context, const char *id, const char *text), void *context);

/* Whether lines of that level are printed: for what costs something to find out. */
bool log_shows(enum log_level wanted);

/* Puts stars over what looks like a key: 43 characters of base64 before a "=", or as a word that is no
 * variable's name. A net under all that is printed, for keys that somebody has put where a name or a
 * path belongs. */
void log_mask(char *text);

/* "fernit: TEXT": why fernit stops. At every level. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2), cold));

/* "fernit: warning: TEXT", from LOG_NORMAL on. The id names this kind of warning in all versions: it is a
 * literal, and stands in the catalogue of the program that warns. */
void log_warning(const char *id, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* "fernit: hint: TEXT": what to do about the line before it. Shown where that one was shown. */
void log_hint(const char *format, ...) __attribute__((format(printf, 1, 2), cold));

/* "fernit: TEXT": something was made or changed, from LOG_NORMAL on. */
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2), cold));

/* "fernit: TEXT", at LOG_VERBOSE. */
void log_detail(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
