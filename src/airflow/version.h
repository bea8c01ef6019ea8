/* The version of Airflow that the command is. It decides which options are delivered (airflow/managed.h). */
#pragma once

struct ini;

/* A version as a number that grows with it: 2.10.5 is 21005. 0 is an unknown version. */
#define AIRFLOW(major, minor, patch) ((major)*10000 + (minor)*100 + (patch))

enum { AIRFLOW_UNKNOWN = 0, AIRFLOW_TEXT = 16 };

/* Reads MAJOR.MINOR[.PATCH]; what follows (rc1, .dev0, +local) is ignored. Each part is at most 99.
 * Returns the number, or AIRFLOW_UNKNOWN. */
int airflow_version_parse(const char *text);

/* Writes it as text: "2.10.5". */
void airflow_version_text(int version, char text[AIRFLOW_TEXT]);

/* The version of the `airflow` on the PATH of this environment, from the name of its dist-info folder. For
 * BIN/airflow, after symbolic links, this is
 * BIN/../lib/pythonX.Y/{site,dist}-packages/apache_airflow-VERSION.dist-info (or apache_airflow_core-). The newest
 * if there are several. Returns AIRFLOW_UNKNOWN if there is none.
 * https://packaging.python.org/en/latest/specifications/recording-installed-packages/ */
int airflow_version_installed(char *const *environment);

/* The version by the option names in airflow.cfg: 3.0.2 if [api] secret_key is there without [webserver]
 * secret_key, else AIRFLOW_UNKNOWN. Older names prove nothing: the file may be from before an upgrade. */
int airflow_version_by_names(const struct ini *ini);
