/* --wait-for: finding the servers that the command needs, and waiting until they answer. */
#pragma once

#include <stdbool.h>

#include "resolve/option_files.h"
#include "resolve/option_value.h"
#include "run/findings.h"

struct error;

/* One target, and its endpoints. */
struct wait_address {
    const struct wait_target *target;
    struct endpoints endpoints; /* none: nothing to wait for */
    bool known;                 /* false: only a command gives the address, and was not run */
    bool needed;                /* false: no broker and no executor that has one are configured */
    char source
        [OPTION_VALUE_SOURCE]; /* who says so: "AIRFLOW__CELERY__BROKER_URL"; "" of one that says it itself */
};

/* Whether a target must be looked up in Airflow's options. */
bool wait_needs_options(const struct settings *settings);

/* Finds the endpoints of address->target as the command with `environment` will. `files` are the ..._FILE variables of
 * that environment.
 *
 * A broker that is not configured: a Celery executor uses Airflow's default, redis://redis:6379/0. Another executor
 * needs no broker, and fernit does not wait, since the same settings often start all components and stay when the
 * executor changes. The default value in an airflow.cfg does not count as configured: Airflow before 2.7 wrote it
 * into each.
 *
 * Returns 0, or -1 with the target's name in front: ERROR_INPUT, ERROR_ENDING, ERROR_SYSTEM. */
int wait_find(const struct context *context, const struct option_files *files,
              char *const *environment, bool run_commands, struct wait_address *address,
              struct error *err);

/* Describes it: "the database at postgres:5432, from AIRFLOW__DATABASE__SQL_ALCHEMY_CONN". */
void wait_text(const struct wait_address *address, char *text, size_t size);

/* Finds all targets, then waits until each has answered, all within one --wait-timeout.
 * Returns 0, or -1 as wait_find and wait_for (process/wait_for.h). */
int wait_for_targets(const struct context *context, const struct option_files *files,
                     char *const *environment, struct error *err);
