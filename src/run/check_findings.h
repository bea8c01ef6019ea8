/* What must be right before a start creates or writes anything. */
#pragma once

#include <stdbool.h>

#include "run/findings.h"

/* A hint before chmod o-r: else Airflow reads nothing, and stores passwords in plain text. */
#define CFG_OWNER "if Airflow runs as another user than its owner, chown it to that user first"

struct error;

/* Refuses
 *   - with --strict, what would only be a warning of security without it;
 *   - a faulty option in airflow.cfg, where only that file delivers the secret: without has_command, or as --deliver
 *     says.
 * Returns 0, or -1 with ERROR_REFUSED or the fault. */
int check_findings(const struct context *context, const struct findings *findings, bool has_command,
                   struct error *err);
