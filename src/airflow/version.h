/* Which version of Airflow the command is: what its configuration may hold depends on it (airflow/managed.h). */
#pragma once

struct ini;

/* A version as a number that grows with it: 2.10.5 is 21005. 0 stands for one that is not known. */
#define AIRFLOW(major, minor, patch) ((major)*10000 + (minor)*100 + (patch))

enum { AIRFLOW_UNKNOWN = 0, AIRFLOW_TEXT = 16 };

/* Reads MAJOR.MINOR[.PATCH]; what follows (rc1, .dev0, +local) is ignored. Each part is at most 99.
 * Returns the number, or AIRFLOW_UNKNOWN. */
int airflow_version_parse(const char *text);

/* As it is written: "2.10.5". */
void airflow_version_text(int version, char text[AIRFLOW_TEXT]);

/* The version that is installed with the `airflow` on the PATH of this environment, from the name of its
 * dist-info folder: beside BIN/airflow, at the end of symbolic links, that is
 * BIN/../lib/pythonX.Y/{site,dist}-packages/apache_airflow-VERSION.dist-info (or apache_airflow_core-).
 * The newest where there are several. Returns AIRFLOW_UNKNOWN where none is found.
 * https://packaging.python.org/en/latest/specifications/recording-installed-packages/ */
int airflow_version_installed(char *const *environment);

/* What the names of an existing airflow.cfg tell: [api] secret_key without [webserver] secret_key is 3.0.2 or later, and
 * 3.0.2 is returned; else AIRFLOW_UNKNOWN. Older names prove nothing: the file may have outlived an upgrade. */
int airflow_version_by_names(const struct ini *ini);
