/* The names of the files beside a secret NAME in the store. */
#pragma once

#include <stdio.h>

#include "base/file.h"

#define STORE_LOCK ".lock"
#define STORE_COPY_PREFIX ".airflow.cfg."

/* ".NAME.tmp.": what file_temporary completes. */
static inline void store_temporary_prefix(const char *name, char prefix[FILE_TEMPORARY_NAME])
{
    snprintf(prefix, FILE_TEMPORARY_NAME, ".%s.tmp.", name);
}

/* ".NAME.claim" */
static inline void store_claim_name(const char *name, char claim[FILE_TEMPORARY_NAME])
{
    snprintf(claim, FILE_TEMPORARY_NAME, ".%s.claim", name);
}
