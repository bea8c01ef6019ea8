/* Telling what was found, and ending a command that failed. */
#pragma once

#include "resolve/option_files.h"
#include "run/look.h"

struct error;

enum {
    EXIT_GOOD = 0,
    EXIT_PROBLEM = 1,
    EXIT_USAGE = 2,
    EXIT_OWN_FAILURE =
        125, /* of run and init: Docker's convention for what is not the command's; of all: no memory */
};

/* The status of a command that is neither run nor init. */
int failure_status(const struct error *err);

/* Prints the error, the one place for all of them, and returns `status`; for a signal that asked us
 * to end 128 and its number. */
int report_failure(const struct signals *signals, const struct error *err, int status);

/* Prints why the command could not be started, and returns `status`. */
int report_unstarted(const struct error *err, int status);

/* Warns of everything that the decision has remarked. */
void report_remarks(const struct survey *survey, const struct decision *decision);

/* Tells what is worth it of all that was found and decided. */
void report_look(const struct context *context, const struct look *look);

/* Warns of what is to be said about the ..._FILE of Airflow's options. */
void report_option_files(const struct option_files *files);

/* Warns of those that `fernit init` leaves alone: it has no command to give them to. */
void report_option_files_left(char *const *environment);
