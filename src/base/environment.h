/* A process's environment: looking into ours, building the command's.
 *
 * The strings of what we were given are borrowed; those that we set are secrets, because what
 * fernit puts there is a key. environ(7)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/secret.h"

struct error;

/* The value of `name`, or NULL where it is not there. The first one counts, as for getenv(3). */
const char *environment_get(char *const *environment, const char *name);

/* Where the first `name` holds nothing but blanks: a later assignment of this name that holds a value, which nobody reads.
 * Else NULL. */
const char *environment_hidden(char *const *environment, const char *name);

/* Where the first `name` holds a value: a later assignment of this name that holds another one, which nobody reads. Else
 * NULL. */
const char *environment_second(char *const *environment, const char *name);

/* An environment that can be edited. `list` ends with NULL and is what execve takes. */
struct environment {
    char **list;
    size_t count;
    struct secret *set; /* what we wrote, one for each environment_set */
    size_t set_count;
};

/* A copy that can be changed; the strings stay the original's. Returns 0, or -1 with ERROR_SYSTEM. */
int environment_copy(struct environment *copy, char *const *original, struct error *err);

/* Removes every `name`. */
void environment_unset(struct environment *environment, const char *name);

/* Removes every variable whose name begins with `prefix`. */
void environment_unset_prefix(struct environment *environment, const char *prefix);

/* Sets `name`, once, in place of whatever was there. Returns 0, or -1 with ERROR_SYSTEM. */
int environment_set(struct environment *environment, const char *name, const char *value,
                    struct error *err);

/* The same for a whole assignment, "NAME=value", which is taken over from *assignment. */
int environment_take(struct environment *environment, struct secret *assignment, struct error *err);

void environment_free(struct environment *environment);
#define _cleanup_environment_ _cleanup_(environment_free)
