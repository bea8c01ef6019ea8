/* Names of the files beside a secret NAME in the store (store/store.h). FILE is NAME or NAME.staged. */
#pragma once

#include <stdio.h>

#include "base/file.h"

#define STORE_LOCK ".lock"
#define STORE_RETIRED "retired"
#define STORE_COPY_PREFIX ".airflow.cfg."

/* ".NAME.tmp.": a prefix for file_temporary. */
static inline void store_temporary_prefix(const char *name, char prefix[FILE_TEMPORARY_NAME])
{
    snprintf(prefix, FILE_TEMPORARY_NAME, ".%s.tmp.", name);
}

/* ".NAME.claim" */
static inline void store_claim_name(const char *name, char claim[FILE_TEMPORARY_NAME])
{
    snprintf(claim, FILE_TEMPORARY_NAME, ".%s.claim", name);
}

/* "NAME.staged" */
static inline void store_staged_name(const char *name, char staged[FILE_TEMPORARY_NAME])
{
    snprintf(staged, FILE_TEMPORARY_NAME, "%s.staged", name);
}

/* ".FILE.change.": not .tmp., because any start may remove those. */
static inline void store_change_prefix(const char *file, char prefix[FILE_TEMPORARY_NAME])
{
    snprintf(prefix, FILE_TEMPORARY_NAME, ".%s.change.", file);
}

/* ".FILE.changing" */
static inline void store_changing_name(const char *file, char changing[FILE_TEMPORARY_NAME])
{
    snprintf(changing, FILE_TEMPORARY_NAME, ".%s.changing", file);
}
