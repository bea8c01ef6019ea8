/* A process's environment: reading fernit's own, building the command's. environ(7)
 *
 * The strings that fernit inherited are borrowed. The strings that it sets are secrets, because they hold keys.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/secret.h"

struct error;

/* The value of `name`, or NULL. If the name is there several times, the first one, as getenv(3) does. */
const char *environment_get(char *const *environment, const char *name);

/* If the first value of `name` is blank: a later assignment of the name that is not, and that no program reads.
 * Else NULL. */
const char *environment_hidden(char *const *environment, const char *name);

/* If the first value of `name` is not blank: a later assignment of the name with another value that is not blank,
 * and that no program reads. Else NULL. */
const char *environment_second(char *const *environment, const char *name);

/* An environment that can be edited. */
struct environment {
    char **list; /* ends with NULL, as execve(2) takes it */
    size_t count;
    struct secret *set; /* the strings that environment_set wrote; list points to them */
    size_t set_count;
};

/* A copy of the list; the strings stay the original's. Returns 0, or -1 with ERROR_SYSTEM. */
int environment_copy(struct environment *copy, char *const *original, struct error *err);

/* Removes every `name`. */
void environment_unset(struct environment *environment, const char *name);

/* Removes every variable whose name begins with `prefix`. */
void environment_unset_prefix(struct environment *environment, const char *prefix);

/* Removes every `name` and adds one with the value. Returns 0, or -1 with ERROR_SYSTEM. */
int environment_set(struct environment *environment, const char *name, const char *value,
                    struct error *err);

/* The same for a whole assignment, "NAME=value". Takes ownership of *assignment, which is empty afterwards. */
int environment_take(struct environment *environment, struct secret *assignment, struct error *err);

void environment_free(struct environment *environment);
#define _cleanup_environment_ _cleanup_(environment_free)
