/* Warnings and details about what was found and decided. */
#pragma once

#include "cli/failure.h"
#include "run/findings.h"

/* Prints a warning for each remark of the decision. */
void report_remarks(const struct survey *survey, const struct decision *decision);

/* Prints a warning for each FERNIT_* variable that no option has. */
void report_variables(const struct context *context);

/* Prints the remarks on all secrets; with --verbose the Airflow version, and the source of each secret; and warns of
 * a key that only airflow.cfg holds, and of an airflow.cfg that --user leaves behind. */
void report_findings(const struct context *context, const struct findings *findings);
