/* airflow.cfg: what is in it, as Airflow sees it. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/ini_quick.h"
#include "base/secret.h"

struct error;

enum { CFG_MOST = 16 * 1024 * 1024 }; /* bytes; what Airflow writes has 110 KB */

struct cfg {
    bool exists;
    struct stat status; /* of the file that was read */
    struct secret text; /* of all of it, where is_whole */
    bool is_whole;      /* all of it was read and checked */
    struct ini ini;
};

/* Reads the file, at the end of any symbolic links. That it is missing is no error: `exists` says it.
 * Returns 0, or -1: ERROR_INPUT "PATH: line 7: ..." (what Airflow could not read either, or not a
 * regular file), ERROR_SYSTEM. */
int cfg_read(const char *path, struct cfg *cfg, struct error *err);

/* The same, but where each of the wanted options certainly stands in the file or certainly does not, for
 * configparser (base/ini_quick.h), and holds a value that stands for itself (not empty, no "%", nothing for
 * airflow_expand), they alone are in *cfg: then !is_whole, and the rest of the file may be anything. The names
 * must stay where they are. Any other file is read whole, and is so where nothing is wanted. */
int cfg_read_options(const char *path, const struct ini_wanted *wanted, size_t count,
                     struct cfg *cfg, struct error *err);

/* The value that Airflow's conf.get(section, name) would find in the file, before it expands
 * variables: from [section], else from [DEFAULT] where there is a [section]; with configparser's
 * BasicInterpolation ("%%", "%(name)s"). One on continuation lines begins with a newline, as there.
 *
 * Returns 1 and the value, appended to *value; 0 where there is none; -1: ERROR_INPUT for a "%" that
 * configparser would refuse, ERROR_SYSTEM. */
int cfg_value(const struct cfg *cfg, const char *section, const char *name, struct secret *value,
              struct error *err);

void cfg_free(struct cfg *cfg);
#define _cleanup_cfg_ _cleanup_(cfg_free)
