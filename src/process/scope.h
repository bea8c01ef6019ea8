/* Whom a signal to fernit is for: the command's process alone, or its whole process group.
 *
 * A Celery or edge worker and a task end warmly: the main process hears TERM and lets what runs finish. A TERM to the
 * group also reaches the processes that run the tasks, and kills them. Every other command gets its signals as under
 * `tini -g`. https://github.com/apache/airflow/issues/18066
 *
 * One rule, over the words of the command, where the string of a shell's -c is words, too:
 *
 *   The child alone, if one of the words names a worker (`worker`, `start-worker.sh`, but no option: `--worker-class`)
 *   or a task (`tasks run`, `execute_workload`), if bitnami's image has AIRFLOW_COMPONENT_TYPE=worker, or if dumb-init is
 *   told so (see below); else the group.
 *
 * The rule does not ask which program gets the word. A command that is wrongly taken for a worker gets its signals as
 * under tini, whose default is the child alone.
 */
#pragma once

#include <stdbool.h>

enum scope {
    SCOPE_AUTO, /* until scope_for has chosen */
    SCOPE_CHILD,
    SCOPE_GROUP,
};

/* What the words of a command say about its signals. */
struct scope_words {
    bool names_worker; /* or a task; so does the component */
    bool dumb_init;    /* dumb-init is among them */
    bool single_child; /* and is told to signal its child alone */
};

/* Reads `command`, which ends with NULL. `component` is AIRFLOW_COMPONENT_TYPE in the command's environment, or NULL: one
 * script of bitnami's starts all parts of Airflow by it. `setsid` is DUMB_INIT_SETSID there, or NULL. As in
 * dumb-init, only "0" means the child alone (the official image sets 1), and so do dumb-init's options -c and
 * --single-child. https://github.com/Yelp/dumb-init/blob/v1.2.5/dumb-init.c (parse_command) Pure. */
struct scope_words scope_read(char *const *command, const char *component, const char *setsid);

/* SCOPE_CHILD or SCOPE_GROUP, and in *reason why, for a log. Pure. */
enum scope scope_for(const struct scope_words *words, const char **reason);

/* Whether a signal reaches all processes of a worker, whatever the scope: dumb-init stands between, with a session of
 * its own that it signals as a whole. Pure. */
bool scope_is_lost(const struct scope_words *words);
