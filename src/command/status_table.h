/* Prints what `fernit status` found as a table for people. */
#pragma once

#include "command/status_report.h"

/* How the table looks. */
struct status_style {
    bool shows_all; /* each absent source is a row; else all of them are one line */
    bool has_colors;
};

/* Prints columns, then the warnings, and last the errors, each with its hints. */
void status_print(const struct status_report *report, const struct status_style *style);
