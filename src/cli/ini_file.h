/* fernit.ini as a file. Root that becomes another user reads it first, and it chooses what root creates and reads:
 * that user must not be able to write it. */
#pragma once

#include <stdbool.h>

struct error;

/* Opens it. Messages name `path` where base/shown.h allows it. *is_roots: only root can write it. It is root's,
 * without write bits for others, and so is each folder above it (base/trusted.h). With `only_roots` no other file is
 * opened, and nothing is told about it.
 * Returns the descriptor, or -1: ERROR_REFUSED; else as file_open. */
int ini_file_open(const char *path, bool only_roots, bool *is_roots, struct error *err);

/* Fills the error for a file that others than root can write. Returns -1. */
int ini_file_refuse(const char *path, struct error *err);
