/* What fernit status says about airflow.cfg. */
#pragma once

#include "run/findings.h"

struct delivered;
struct status_report;

/* Fills report->cfg: what a run would do to the file. `done` is the result of the pretended delivery. */
void status_describe_cfg(const struct context *context, const struct findings *findings,
                         const struct delivered *done, struct status_report *report);

/* Adds errors in the parts of the file that only Airflow reads, and the copies that interrupted writes have left in the
 * store. Returns 0, or -1 with *err if a run could not finish the interrupted write of this file. */
int status_check_cfg(const struct context *context, const struct findings *findings,
                     struct status_report *report, struct error *err);
