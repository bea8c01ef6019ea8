/* Prints what `fernit status` found as JSON for programs. */
#pragma once

#include "command/status_report.h"

/* Prints one object on one line. Its keys:
 * version; of the first secret name, verdict, fingerprints, sources (way, name, found, fingerprints, wins), staged and
 * retired (fingerprints), is_kept (whether a run would write the store), would_hold and would_stage (the ring and the
 * staged keys that it would write, as fingerprints); secrets: the same of each other secret; store (path, state, writable,
 * mount, survives); airflow (version, from); airflow_cfg (path, state, delivered); option_files (name, found);
 * waits_for, problems, warnings (arrays of strings); messages (both, with level, id, message and hint, as in the log). Bytes that are not UTF-8 become "?". */
void status_print_json(const struct status_report *report);
