/* ..._FILE for every sensitive option of Airflow's (airflow/sensitive.h). Airflow itself reads no ..._FILE: with
 * AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_FILE=/run/secrets/conn fernit sets AIRFLOW__DATABASE__SQL_ALCHEMY_CONN for the
 * command to the text of that file.
 *
 * The rules are those of the Fernet key:
 *
 *   - A variable and its ..._FILE that are both set are an error. One that is set to nothing is ignored, with a
 *     warning.
 *   - Where ..._CMD or ..._SECRET is set, the file is not read, with a warning. Airflow reads the plain variable
 *     before them, so fernit does not set it.
 *   - resolve/secret_file.h reads the file: a file that is missing, unreadable or empty is an error.
 *   - One line end at the end is not part of the value; everything else is. A variable cannot have a NUL, so a NUL is
 *     an error. So is a second line, except in an option that is JSON.
 *   - In its own variables Airflow replaces "$NAME" where NAME is set, and "~" at the beginning. A value that this
 *     would change is an error. Airflow does not change what a ..._CMD prints.
 *
 * The values go into the command's environment, whatever --deliver says. `init` has no command, so it neither reads
 * nor checks the files. It warns, since the same variables are often set in a pod's init container and in the
 * container with Airflow.
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
    OPTION_FILE_PASSED, /* `rival` is used */
    OPTION_FILE_BROKEN, /* `error` says why */
};

struct option_file {
    struct sensitive_variable option;
    const char *path; /* what ..._FILE holds; borrowed from the environment */
    enum option_file_finding finding;
    bool blank;         /* the plain variable is set to nothing */
    bool hides;         /* ..._FILE is set twice, first to nothing */
    const char *rival;  /* "_CMD" or "_SECRET" */
    struct secret text; /* the value; empty after its delivery */
    struct error *error;
};

struct option_files {
    struct option_file *list; /* in the order of the environment */
    size_t count;
};

/* Reads all files that `environment` names; `early` is what root has read of them, or NULL. The environment must live
 * as long as *files.
 * Returns 0, or -1 with the first error, ERROR_INPUT or ERROR_SYSTEM; *files still lists all of them, for status. */
int option_files_read(char *const *environment, const struct early *early,
                      struct option_files *files, struct error *err);

/* Puts the values into the command's environment, and removes every ..._FILE and every plain variable that is set to
 * nothing.
 * Returns 0, or -1 with ERROR_SYSTEM. */
int option_files_deliver(struct option_files *files, struct environment *environment,
                         struct error *err);

/* Writes the warning about this file, and its hint ("": none). Returns the warning's id, or NULL for no warning. */
enum { OPTION_FILE_REMARK = 2 * SENSITIVE_NAME + 128 };
const char *option_file_remark(const struct option_file *file, char text[OPTION_FILE_REMARK],
                               char hint[OPTION_FILE_REMARK]);

void option_files_free(struct option_files *files);
#define _cleanup_option_files_ _cleanup_(option_files_free)
