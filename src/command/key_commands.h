/* fernit key generate, print, check, fingerprint. */
#pragma once

#include "run/findings.h"

/* generate: a new key to standard output; nothing is stored. */
int key_generate_command(const struct context *context);

/* print: the ring that a run would use, as Airflow takes it; never makes one. This is a valid
 * AIRFLOW__CORE__FERNET_KEY_CMD: a fernit that is run inside a ..._CMD runs no command itself. */
int key_print_command(const struct context *context);

/* check: whether FILE ("-": standard input) holds a key or a comma list of keys; without FILE, what a
 * run would use. */
int key_check_command(const struct context *context);

/* fingerprint: one fingerprint a line, of the same. */
int key_fingerprint_command(const struct context *context);

/* All return EXIT_GOOD, EXIT_PROBLEM (no key, a bad key), EXIT_USAGE, or 128+N. */
