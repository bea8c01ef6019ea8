/* The scope of a forwarded signal: the command's process alone, or its whole process group.
 *
 * Celery workers, edge workers and tasks shut down warmly: the main process gets SIGTERM and lets running tasks
 * finish. A SIGTERM to the group also kills the processes that run the tasks. Every other command gets its signals as
 * under `tini -g`. https://github.com/apache/airflow/issues/18066
 *
 * One rule decides, by the words of the command, and by those in the text of a shell's -c. The process alone gets the
 * signal if
 *   - a word names a worker (`worker`, `start-worker.sh`; not an option: `--worker-class`) or a task (`tasks run`,
 *     `execute_workload`),
 *   - bitnami's image has AIRFLOW_COMPONENT_TYPE=worker, or
 *   - dumb-init is told to signal its child alone (see scope_read).
 * Otherwise the group gets it.
 *
 * The rule does not ask which program gets the word. A command that is taken for a worker by mistake gets its signals
 * as under plain tini. */
#pragma once

#include <stdbool.h>

enum scope {
    SCOPE_AUTO, /* until scope_for decides */
    SCOPE_CHILD,
    SCOPE_GROUP,
};

/* What the words of a command say about its signals. */
struct scope_words {
    bool names_worker; /* or a task; or the component is a worker */
    bool dumb_init;    /* dumb-init is among them */
    bool single_child; /* and it is told to signal its child alone */
};

/* Reads `command`, which ends with NULL. `component` is AIRFLOW_COMPONENT_TYPE in the command's environment, or NULL:
 * bitnami's script starts all parts of Airflow by it. `setsid` is DUMB_INIT_SETSID there, or NULL. As in dumb-init,
 * only "0" means the child alone (the official image sets 1), and so do dumb-init's options -c and --single-child.
 * https://github.com/Yelp/dumb-init/blob/v1.2.5/dumb-init.c (parse_command) Pure. */
struct scope_words scope_read(char *const *command, const char *component, const char *setsid);

/* Returns SCOPE_CHILD or SCOPE_GROUP, and the reason for the log in *reason. Pure. */
enum scope scope_for(const struct scope_words *words, const char **reason);

/* Whether a signal reaches all processes of a worker in any scope: dumb-init has a session of its own in between, and
 * signals all of it. Pure. */
bool scope_is_lost(const struct scope_words *words);
