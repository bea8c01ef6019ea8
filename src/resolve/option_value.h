/* The value of one of Airflow's own options, as the command that gets this environment will see it.
 *
 * In Airflow's order: of each of its names the variable, ..._CMD, ..._SECRET; then airflow.cfg: of each name the option
 * itself; then ..._cmd of each; then ..._secret of each. What is set counts, although it be empty; a ..._CMD or ..._SECRET that
 * is set to nothing counts as unset. airflow/configuration.py AirflowConfigParser.get
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "base/signals.h"

struct error;

/* One of its names. */
struct option_place {
    const char *variable; /* "AIRFLOW__CELERY__BROKER_URL"; NULL behind the last place */
    const char *section;
    const char *option;
};

enum { OPTION_VALUE_SOURCE = 320 };

enum option_value_found {
    OPTION_VALUE_NONE,
    OPTION_VALUE_FOUND,
    OPTION_VALUE_COMMAND, /* a command has it, which was not run */
    OPTION_VALUE_FAILED,  /* *err */
};

struct option_search {
    const struct option_place *places;
    char *const *environment; /* the command's */
    int64_t command_timeout;  /* milliseconds */
    const struct signals *signals;
    bool run_commands;
    bool
        is_plain; /* Airflow does not call it sensitive, and looks at no ..._CMD and no ..._SECRET */
};

/* Looks for it, and puts it into *value; `source` gets what a message calls the place where it was found.
 * Errors, which name the place: ERROR_INPUT for one that cannot be used: empty, in a secrets backend, which only Airflow can ask;
 * ERROR_ENDING; ERROR_SYSTEM. */
enum option_value_found option_value(const struct option_search *search, struct secret *value,
                                     char source[OPTION_VALUE_SOURCE], struct error *err);
