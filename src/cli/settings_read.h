/* Reading the settings of a command: from its command line, the FERNIT_* variables, fernit.ini and the defaults. A
 * value from the first of these that has the option is used. */
#pragma once

#include "base/cleanup.h"
#include "cli/settings.h"

struct error;

/* Sets the log's format from its variable, if the value is valid. Errors before and in settings_read use it;
 * settings_read sets it again. */
void settings_log_early(char *const *environment);

/* Reads them for the command with the bit `command` (options.h). `arguments` are the words after the command's name.
 * Sets the log's level and format.
 * Returns 0, or -1: ERROR_USAGE (names the option, and the nearest known one), ERROR_SYSTEM, ERROR_REFUSED (as root
 * with --user: other users can write fernit.ini). */
int settings_read(struct settings *settings, unsigned command, char **arguments,
                  char *const *environment, struct error *err);

/* Where the option `id` was given: "--store", "FERNIT_STORE", "/etc/fernit.ini: store". */
void settings_origin(const struct settings *settings, size_t id, char name[128]);

void settings_free(struct settings *settings);
#define _cleanup_settings_ _cleanup_(settings_free)
