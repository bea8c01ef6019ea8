/* The values of options, read one by one. All are pure.
 *
 * Each returns 0, or -1 with ERROR_USAGE, which says what would be right, and not whose value it is. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/options.h"

struct error;

/* 1/0, true/false, yes/no, on/off, in any case of letters. Fills no error. */
int value_flag(const char *text, bool *value);

/* Which of the words of the kind it is, from 0 on, or -1. */
int value_word(enum option_kind kind, const char *text, struct error *err);

/* 0600, 0640 or 0660, also without its 0. */
int value_mode(const char *text, mode_t *mode, struct error *err);

/* env, cfg, or both. */
int value_deliver(const char *text, bool *environment, bool *cfg, struct error *err);

/* Names of managed secrets as a comma list: bits, 1 << index in managed_secrets. */
int value_manage(const char *text, unsigned *secrets, struct error *err);

/* MAJOR.MINOR[.PATCH] as a number (airflow/version.h); "found": AIRFLOW_UNKNOWN. */
int value_version(const char *text, int *version, struct error *err);

/* A folder, and not one of the remote stores, which this version has not got. */
int value_store(const char *text, struct error *err);

/* A signal's name or number; "none", "off", "no": 0. */
int value_signal(const char *text, int *number, struct error *err);

/* An exit status, 0 to 255, whose bit is set in `statuses`. */
int value_status(const char *text, uint64_t statuses[4], struct error *err);

/* For an option of a part that this version has not got: its default, however it is written, or "off". */
int value_later(const char *text, const char *fallback, struct error *err);
