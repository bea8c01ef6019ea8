/* fernit.ini as a file: where root reads it and then becomes another user, who must have had no hand in
 * it, or would choose what root makes and reads. */
#pragma once

#include <stdbool.h>

struct error;

/* Opens it; messages call it `path`, where they may show that (base/shown.h). *is_roots says whether nobody but root can have written it: it is
 * root's, without write bits for others, and on a way that is (base/trusted.h). Where `only_roots` asks
 * for that no other is opened, and nothing that is in it or about it is told.
 * Returns the descriptor, or -1: ERROR_REFUSED; else as file_open. */
int ini_file_open(const char *path, bool only_roots, bool *is_roots, struct error *err);

/* Fills the error for one that is not root's alone. Returns -1. */
int ini_file_refuse(const char *path, struct error *err);
