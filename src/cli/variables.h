/* Names of environment variables: fernit's own, and others with the same prefix. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { VARIABLE_NAME = 128 };

/* Turns "cmd-timeout" into "FERNIT_CMD_TIMEOUT". A longer name is cut. */
void variable_name(const char *option, char name[VARIABLE_NAME]);

/* Turns "FERNIT_CMD_TIMEOUT=5s" into "cmd-timeout". Returns whether the assignment begins with FERNIT_. */
bool variable_option(const char *assignment, char option[VARIABLE_NAME]);

/* The id of the option that the assignment sets, or OPTION_COUNT. */
size_t variable_setting(const char *assignment);

/* Whether the assignment begins with FERNIT_, but is no setting and comes from no known program: FERNIT_TEST_*, the
 * mark of commands (base/command.h), and Kubernetes' service links. A Service called fernit gives every pod
 * FERNIT_PORT and FERNIT_SERVICE_HOST.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables */
bool variable_is_unknown(const char *assignment);

/* Warns of each unknown variable, with the setting that the user probably meant. Skips a variable that another
 * warning already explains. */
void warn_of_unknown_variables(char *const *environment,
                               bool (*is_explained)(const char *assignment));
