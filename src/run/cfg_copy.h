/* The copy of airflow.cfg in the store. fernit writes a file in place where it cannot replace it (a bind mount), and
 * keeps a copy until the writing is finished: airflow/cfg_in_place.h. */
#pragma once

#include "base/file.h"
#include "run/findings.h"

struct error;

/* The copy's name in the store. It comes from the file's path, device and inode, since containers that share a store
 * may each have a file of their own at the same path.
 * Returns 0, or -1 with ERROR_SYSTEM. */
int cfg_copy_name(const char *path, char name[FILE_TEMPORARY_NAME], struct error *err);

/* Finishes the writing of airflow.cfg that a crash interrupted. As cfg_recover; with context->pretends nothing is
 * written. */
int cfg_copy_recover(const struct context *context, const struct findings *findings,
                     struct error *err);

/* Takes the store's lock for writing airflow.cfg. *lock stays -1 where there is no store, where it cannot be locked
 * (no other process changes a read-only store), and with context->pretends.
 * Returns 0, or -1 with ERROR_REFUSED or ERROR_ENDING. */
int cfg_lock_store(const struct context *context, const struct store *store, int *lock,
                   struct error *err);
