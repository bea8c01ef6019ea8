/* --wait-for: whom the command needs, and waiting until they answer. */
#pragma once

#include <stdbool.h>

#include "resolve/option_files.h"
#include "resolve/option_value.h"
#include "run/look.h"

struct error;

/* One target, and where that is. */
struct wait_place {
    const struct wait_target *target;
    struct endpoints endpoints; /* none: there is nothing to wait for */
    bool known;                 /* false: only a command knows, and was not to be run */
    bool needed;                /* false: no broker is configured, and no executor that has one */
    char source
        [OPTION_VALUE_SOURCE]; /* who says so: "AIRFLOW__CELERY__BROKER_URL"; "" of one that says it itself */
};

/* Whether any of them has to be looked up in Airflow's options. */
bool wait_needs_options(const struct settings *settings);

/* Finds where place->target is, as the command with `environment` will find it; `files` are the ..._FILE variables from which
 * that was made.
 *
 * Of a broker that is not configured: a Celery executor has Airflow's default, redis://redis:6379/0. Any other executor needs no
 * broker, and nothing is waited for: the same settings often start all components, and stay when the executor is changed. The
 * default in an airflow.cfg is no configured broker, since Airflow before 2.7 wrote it into each.
 * Returns 0, or -1, with its word in front: ERROR_INPUT, ERROR_ENDING, ERROR_SYSTEM. */
int wait_find(const struct context *context, const struct option_files *files,
              char *const *environment, bool run_commands, struct wait_place *place,
              struct error *err);

/* Says where it is, for people: "the database at postgres:5432, from AIRFLOW__DATABASE__SQL_ALCHEMY_CONN". */
void wait_text(const struct wait_place *place, char *text, size_t size);

/* Finds all targets, and then waits until each has answered, within the one --wait-timeout.
 * Returns 0, or -1 as wait_find and wait_for (process/wait_for.h) do. */
int wait_for_targets(const struct context *context, const struct option_files *files,
                     char *const *environment, struct error *err);
