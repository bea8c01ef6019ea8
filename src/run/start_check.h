/* What a start checks before it looks for any key. */
#pragma once

#include <stdbool.h>

#include "resolve/option_files.h"
#include "run/context.h"

struct error;

/* Refuses to start inside a ..._CMD of another fernit: every ..._CMD would be skipped there, and fernit could create
 * a key although one of them gives it. Returns 0, or -1 with ERROR_REFUSED. */
int check_not_nested(const struct context *context, struct error *err);

/* Calls check_not_nested. Then reads the ..._FILE variables of Airflow's options for a command, and warns of the
 * faulty ones. `fernit init` has no command: it warns that it ignores them, and reads them only where --wait-for
 * needs them.
 * Returns 0, or -1 as check_not_nested and option_files_read. */
int check_start(const struct context *context, bool has_command, struct option_files *files,
                struct error *err);

/* Warns of the faulty ones among the ..._FILE variables that were read. */
void report_option_files(const struct option_files *files);
