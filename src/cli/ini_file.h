/* Opening fernit.ini. With --user root reads it before it becomes the user, and its options decide what root creates
 * and reads. So that user must not be able to write it. */
#pragma once

#include <stdbool.h>

struct error;

/* Opens the file. Messages name `path` where base/shown.h allows it. *is_roots says whether only root can write it:
 * root owns it, others have no write permission, and the same holds for each folder above it (base/trusted.h). With
 * `only_roots` it opens no other file, and prints nothing about it.
 * Returns the descriptor, or -1: ERROR_REFUSED; else as file_open. */
int ini_file_open(const char *path, bool only_roots, bool *is_roots, struct error *err);

/* Fills the error for a file that users other than root can write. Returns -1. */
int ini_file_refuse(const char *path, struct error *err);
