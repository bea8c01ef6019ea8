/* The command's environment. */
#pragma once

#include "base/environment.h"
#include "run/findings.h"

struct error;

/* Copies fernit's environment without FERNIT_*, and for each managed secret (airflow/managed.h)
 *
 *   - where the environment delivers, sets the variables that this Airflow reads to the secret
 *     (AIRFLOW__CORE__FERNET_KEY to the key ring). FERNET_KEY or an old name gets the same value if it was set. It
 *     sets none that Airflow does not know and would show. Where only airflow.cfg delivers, it sets none;
 *   - removes ..._CMD, ..._SECRET and ..._FILE: fernit has read them, and Airflow would prefer them to airflow.cfg;
 *   - where Airflow reads a ..._SECRET itself, keeps that, and removes empty variables that hide it.
 *
 * Returns 0, or -1 with ERROR_SYSTEM. The caller frees it. */
int child_environment(struct environment *environment, const struct context *context,
                      const struct findings *findings, struct error *err);
