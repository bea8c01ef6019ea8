/* Tells what was found. */
#pragma once

#include "cli/failure.h"
#include "resolve/option_files.h"
#include "run/look.h"

/* Warns of everything that the decision has remarked. */
void report_remarks(const struct survey *survey, const struct decision *decision);

/* Tells what is worth it of all that was found and decided. */
void report_look(const struct context *context, const struct look *look);

/* Warns of what is to be said about the ..._FILE of Airflow's options. */
void report_option_files(const struct option_files *files);

/* Warns of those that `fernit init` leaves alone: it has no command to give them to. */
void report_option_files_left(char *const *environment);
