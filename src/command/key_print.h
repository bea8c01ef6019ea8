/* fernit key generate, print, check, fingerprint: print keys or say something about them, and change nothing. */
#pragma once

#include "run/findings.h"

/* generate: prints a new key and stores nothing. */
int key_generate_command(const struct context *context);

/* print: prints the ring that a run would use, in Airflow's format. It creates no key. The command may be the value of
 * AIRFLOW__CORE__FERNET_KEY_CMD: inside a ..._CMD fernit runs no ..._CMD, so it does not call itself. */
int key_print_command(const struct context *context);

/* check: says whether FILE ("-": standard input) has a key or a comma list of keys, and which one encrypts. Without FILE
 * it checks the key that a run would use. */
int key_check_command(const struct context *context);

/* fingerprint: prints the fingerprints of these keys, one a line. */
int key_fingerprint_command(const struct context *context);

/* All return EXIT_GOOD, EXIT_PROBLEM (no key, or a wrong one), EXIT_USAGE, or 128+N after a signal. */
