/* Whom a signal to fernit is for: the command's process alone, or its whole group.
 *
 * A Celery worker shuts down warmly on TERM: its main process takes no more tasks and waits for
 * those that its pool is at. A TERM to the group reaches the pool too and kills them, which is why
 * the official compose file gives its workers DUMB_INIT_SETSID=0. Everything else is treated as
 * under tini -g: what the command has started is to hear of the signal.
 * https://github.com/apache/airflow/issues/18066
 */
#pragma once

#include <stdbool.h>

enum scope {
    SCOPE_AUTO, /* what scope_for says */
    SCOPE_CHILD,
    SCOPE_GROUP,
};

/* SCOPE_CHILD where the process that `command` (ends with NULL) starts is a Celery or edge worker,
 * becomes one by exec, or passes its signals on to one; else SCOPE_GROUP. Reads only these words:
 *
 *     airflow celery worker   airflow worker   airflow edge worker   celery -A APP worker
 *     python -m airflow celery worker          python /path/to/airflow celery worker
 *
 * and the same behind an image's entrypoint (/entrypoint celery worker), behind inits and programs
 * that exec (tini, dumb-init, gosu, setpriv, env, nice, ...; fernit run), and as the last command of
 * the string of a shell's -c, with exec or without: bash becomes it either way, unless it redirects
 * something, the one before it runs in the background, or a trap is set. (A shell that stays in
 * between ends at a TERM, whomever it was for.) What cannot be told gets a group: an option that is not
 * known, a program or subcommand in a variable, a script, more than 16 wrappers in each other. */
enum scope scope_for(char *const *command);

/* Whether a command that is to be signalled as a group speaks of a worker of Airflow or Celery all the
 * same, so that a person had better look. Pure. */
bool scope_is_doubtful(char *const *command);
