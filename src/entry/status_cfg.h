/* What fernit status says of airflow.cfg. */
#pragma once

#include "entry/look.h"

struct status_report;

/* Adds what a run would do to the file, and what is wrong with it. The report has its secrets already. */
void status_describe_cfg(const struct context *context, const struct look *look,
                         struct status_report *report);
