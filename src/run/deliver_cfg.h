/* Writing the secrets into airflow.cfg. */
#pragma once

#include "run/findings.h"

struct error;

enum { DELIVER_FOREIGN = 1, DELIVERED_LIST = 256 };

/* What was done to the file, or with context->pretends what would have been. Options are listed as "[core]
 * fernet_key, ...". */
struct delivered {
    char set[DELIVERED_LIST]; /* these got a value */
    char cleared
        [DELIVERED_LIST]; /* these were empty and hid their ..._cmd or ..._secret; now comments */
    char hidden[DELIVERED_LIST]; /* Airflow would show these; now comments */
    bool is_made;                /* the file was missing */
    bool is_broken;              /* the file, or an option, has a fault, and stays */
    bool is_left;                /* fernit cannot replace the file, and did nothing of the above */
    bool in_place;               /* fernit cannot replace the file, and wrote it in place */
};

/* Gives the file what it needs (run/cfg_need.h), for all secrets at once, under the store's lock where there is a
 * store. A file that is right is not touched. A file that cannot be replaced (a bind mount, read-only) is left alone
 * with a warning where the command gets the secrets by its environment. Otherwise it is written in place; if that
 * fails, it is an error.
 *
 * Returns 0; DELIVER_FOREIGN with ERROR_REFUSED where another process has written another key there since it was
 * read: the caller surveys again; or -1 with ERROR_REFUSED, ERROR_INPUT, ERROR_ENDING or ERROR_SYSTEM. With
 * context->pretends nothing is written: permissions and mounts tell what would happen. */
int deliver_cfg(const struct context *context, const struct findings *findings,
                char *const *environment, bool has_command, struct delivered *delivered,
                struct error *err);
