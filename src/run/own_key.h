/* A command that creates a Fernet key of its own: the classic line of an entrypoint script,
 *
 *     export AIRFLOW__CORE__FERNET_KEY=$(python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())")
 *
 * It may take the place of what fernit delivers, and another one at each start. */
#pragma once

#include "run/findings.h"

/* The number of the line that calls generate_key, in a text that has FERNET_KEY in it; 0: none. With `is_given` the
 * command gets a key in its environment, and a line keeps that key if it has ":=" or ":-" (puckel's image), or a
 * condition about FERNET_KEY on it or up to 3 lines above. Comments and printed text do not count. Pure. */
size_t own_key_line(const char *text, size_t length, bool is_given);

/* Searches the command, if it is a script (#!) of at most 64 KiB; or the script of `sh`, `bash` or `dash`, or the
 * text of their -c. Warns with `own-key`. Returns 0, or with --strict -1: ERROR_REFUSED. */
int own_key_check(const struct context *context, struct error *err);
