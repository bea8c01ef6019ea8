/* Names of environment variables: fernit's own, and others that begin like them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { VARIABLE_NAME = 128 };

/* "cmd-timeout" to "FERNIT_CMD_TIMEOUT". What is too long is cut. */
void variable_name(const char *option, char name[VARIABLE_NAME]);

/* "FERNIT_CMD_TIMEOUT=5s" to "cmd-timeout". Returns whether the assignment begins with FERNIT_ at all. */
bool variable_option(const char *assignment, char option[VARIABLE_NAME]);

/* The id of the option that the assignment sets, or OPTION_COUNT. */
size_t variable_setting(const char *assignment);

/* Whether the assignment begins with FERNIT_, and is neither a setting nor set by another program: FERNIT_TEST_*, the
 * mark of commands (base/command.h), and Kubernetes' service links. A Service called fernit gives every pod
 * FERNIT_PORT and FERNIT_SERVICE_HOST.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables */
bool variable_is_unknown(const char *assignment);

/* Warns of each of those, and names the setting that was probably meant; but not where another warning already explains
 * the variable. */
void warn_of_unknown_variables(char *const *environment,
                               bool (*is_explained)(const char *assignment));
