/* A command that creates a Fernet key of its own: the classic line of an entrypoint script,
 *
 *     export AIRFLOW__CORE__FERNET_KEY=$(python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())")
 *
 * It may take the place of what fernit delivers, and another one at each start. */
#pragma once

#include "run/look.h"

/* The number of the line that calls generate_key in a text that speaks of FERNET_KEY; 0: none. `is_given`: the command gets a
 * key in its environment, so a line that has ":=" or ":-", as puckel's image has it, keeps that, as does one that has
 * a condition about FERNET_KEY, or stands up to 3 lines below one. Comments, and what is printed, do not count. Pure. */
size_t own_key_line(const char *text, size_t length, bool is_given);

/* Looks into the command, where it is a script (#!) of at most 64 KiB, or into the script of `sh`, `bash` and `dash`, or the
 * text of their -c, and warns: `own-key`. Returns 0, or with --strict
 * -1: ERROR_REFUSED. */
int own_key_check(const struct context *context, struct error *err);
