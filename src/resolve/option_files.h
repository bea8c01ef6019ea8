/* ..._FILE for every sensitive option of Airflow's (airflow/sensitive.h): with
 * AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_FILE=/run/secrets/conn the command finds what is in that file in
 * AIRFLOW__DATABASE__SQL_ALCHEMY_CONN. Airflow itself knows no ..._FILE.
 *
 * What counts is as it is for the key:
 *
 *   - The variable and its ..._FILE both set: an error. One of them set to nothing is unset, with a warning.
 *   - A ..._CMD or ..._SECRET that is set comes before the file, which is then not read: a warning. Airflow
 *     would look at the plain variable first, so fernit sets none there.
 *   - The file is a mounted secret: links are followed, modes are not checked, it is read once, whole, at
 *     most 64 KiB. Missing, unreadable or empty it is an error, never an option that is not set.
 *   - One line end at the end of the text is no part of the value; all else arrives as it stands. So a NUL
 *     is an error, as is a second line, but in an option that is JSON.
 *   - Airflow expands a "$NAME" that is set and a "~" at the beginning of every variable of its own: a
 *     value in which that would change anything is an error. It does not touch what a ..._CMD prints.
 *
 * The command's environment is the only way, whatever --deliver says. Without a command, in `init`, they are
 * neither read nor checked: a warning says that they are left alone, since the same variables often stand in
 * a pod's init container and in the container that will run Airflow.
 *
 * What stands in ..._FILE is shown in a message only where it is plainly a path ("/...", "./...", "../..."):
 * it may be the secret itself, put there by mistake.
 */
#pragma once

#include <stddef.h>

#include "airflow/sensitive.h"
#include "base/environment.h"
#include "resolve/early.h"

struct error;

enum option_file_finding {
    OPTION_FILE_READ,
    OPTION_FILE_EMPTY,  /* ..._FILE is set to nothing */
    OPTION_FILE_PASSED, /* `rival` counts */
    OPTION_FILE_BROKEN, /* in `error` */
};

struct option_file {
    struct sensitive_variable option;
    const char *path; /* what ..._FILE holds; borrowed from the environment */
    enum option_file_finding finding;
    bool blank;         /* the plain variable is there, and set to nothing */
    bool hides;         /* ..._FILE is set to nothing, before a second one that is not */
    const char *rival;  /* "_CMD" or "_SECRET" */
    struct secret text; /* the value; empty once it is delivered */
    struct error *error;
};

struct option_files {
    struct option_file *list; /* in the order of the environment */
    size_t count;
};

/* Finds and reads all that `environment` names; `early` is what root has read of them, or NULL. The
 * environment must live as long as *files.
 * Returns 0, or -1 with the first error there is, ERROR_INPUT or ERROR_SYSTEM; *files then holds them all,
 * for status. */
int option_files_read(char *const *environment, const struct early *early,
                      struct option_files *files, struct error *err);

/* Puts the values into the command's environment and takes every ..._FILE out, and what is set to nothing
 * in their way. Returns 0, or -1 with ERROR_SYSTEM. */
int option_files_deliver(struct option_files *files, struct environment *environment,
                         struct error *err);

/* The warning about it, and its hint, "" for none. Returns the warning's id, or NULL where there is none. */
enum { OPTION_FILE_REMARK = 2 * SENSITIVE_NAME + 128 };
const char *option_file_remark(const struct option_file *file, char text[OPTION_FILE_REMARK],
                               char hint[OPTION_FILE_REMARK]);

void option_files_free(struct option_files *files);
#define _cleanup_option_files_ _cleanup_(option_files_free)
