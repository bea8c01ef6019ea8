/* What fernit status says of airflow.cfg. */
#pragma once

#include "run/findings.h"

struct delivered;
struct status_report;

/* Says what a run would do to the file. */
void status_describe_cfg(const struct context *context, const struct findings *findings,
                         const struct delivered *done, struct status_report *report);

/* Adds what is wrong with the rest of the file, at which a start does not look, but Airflow will; and what interrupted writes
 * have left. Returns 0, or -1 with *err where a run could not finish that of this file. */
int status_check_cfg(const struct context *context, const struct findings *findings,
                     struct status_report *report, struct error *err);
