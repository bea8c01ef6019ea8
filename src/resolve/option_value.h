/* The value of one of Airflow's own options, as a command with this environment will see it.
 *
 * The order is Airflow's (airflow/configuration.py, AirflowConfigParser.get). First the variables: for each name of
 * the option the variable, its ..._CMD, its ..._SECRET. Then airflow.cfg: the option under each name, then each
 * ..._cmd, then each ..._secret. An option that is set to nothing is set; a ..._CMD or ..._SECRET that is set to
 * nothing is not.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "base/signals.h"

struct error;

/* One name of the option; old versions of Airflow have others. */
struct option_name {
    const char *variable; /* "AIRFLOW__CELERY__BROKER_URL"; NULL behind the last name */
    const char *section;
    const char *option;
};

enum { OPTION_VALUE_SOURCE = 320 };

enum option_value_found {
    OPTION_VALUE_NONE,
    OPTION_VALUE_FOUND,
    OPTION_VALUE_COMMAND, /* a command holds it, and run_commands is false */
    OPTION_VALUE_FAILED,  /* *err */
};

struct option_search {
    const struct option_name *names;
    char *const *environment; /* the command's */
    int64_t command_timeout;  /* milliseconds */
    const struct signals *signals;
    bool run_commands;
    bool is_plain; /* Airflow does not call it sensitive, and reads no ..._CMD and no ..._SECRET */
};

/* Finds the option and puts its value into *value; `source` gets the name of its source for messages. Errors, which
 * name the source: ERROR_INPUT (it is empty, or in a secrets backend, which only Airflow can ask), ERROR_ENDING,
 * ERROR_SYSTEM. */
enum option_value_found option_value(const struct option_search *search, struct secret *value,
                                     char source[OPTION_VALUE_SOURCE], struct error *err);
