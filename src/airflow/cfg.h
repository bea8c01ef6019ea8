/* Reads airflow.cfg as Airflow reads it. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/ini_quick.h"
#include "base/secret.h"

struct error;

enum { CFG_MOST = 16 * 1024 * 1024 }; /* bytes; Airflow writes 110 KB */

struct cfg {
    bool exists;
    struct stat status; /* of the file that was read */
    struct secret text; /* the whole file, if is_whole */
    bool is_whole;      /* the whole file was read and checked */
    struct ini ini;
};

/* Reads the file and follows symbolic links. A missing file is no error: `exists` is false then.
 * Returns 0, or -1: ERROR_INPUT "PATH: line 7: ..." (Airflow could not read it either, or it is not a regular
 * file), ERROR_SYSTEM. */
int cfg_read(const char *path, struct cfg *cfg, struct error *err);

/* The same, but reads only the wanted options where that is certain to be enough (base/ini_quick.h): every value
 * found is final, that is, not empty, without "%", and without variables for airflow_expand. *cfg then has these
 * options alone, is_whole is false, and the rest of the file was not checked. The wanted names are borrowed. In
 * all other cases it reads the whole file. */
int cfg_read_options(const char *path, const struct ini_wanted *wanted, size_t count,
                     struct cfg *cfg, struct error *err);

/* The value that Airflow's conf.get(section, name) finds in the file, before it expands variables: from [section],
 * else from [DEFAULT] if there is a [section]; with configparser's BasicInterpolation ("%%", "%(name)s"). A value
 * on continuation lines begins with a newline, as in configparser.
 *
 * Returns 1 and appends the value to *value; 0 if there is none; -1: ERROR_INPUT for a "%" that configparser would
 * refuse, ERROR_SYSTEM. */
int cfg_value(const struct cfg *cfg, const char *section, const char *name, struct secret *value,
              struct error *err);

void cfg_free(struct cfg *cfg);
#define _cleanup_cfg_ _cleanup_(cfg_free)
