/* Making airflow.cfg hold the secrets. */
#pragma once

#include "run/deliver_need.h"

struct error;

enum { DELIVER_FOREIGN = 1, DELIVERED_LIST = 256 };

/* What became of the file, or with context->pretends what would have. Options are listed as "[core] fernet_key, ...". */
struct delivered {
    char set[DELIVERED_LIST]; /* they got a value */
    char cleared
        [DELIVERED_LIST]; /* they were empty, in the way of their ..._cmd or ..._secret, and became comments */
    char hidden[DELIVERED_LIST]; /* Airflow would show them: they became comments */
    bool is_made;                /* the file was missing */
    bool is_broken; /* the file, or an option that was to be set, has a fault, and stays */
    bool is_left;   /* it cannot be replaced, and stays: nothing of the above was done */
    bool in_place;  /* it cannot be replaced, and was written where it is */
};

/* Gives the file what it needs (run/deliver_need.h), all secrets at once, under the store's lock where there is
 * one. A file that is right is not touched. One that cannot be replaced (a bind mount, read-only) is left alone, with
 * a warning, where the command gets them by its environment; else it is written in place, or that is an error.
 * Returns 0; DELIVER_FOREIGN (*err, ERROR_REFUSED) where somebody else has put another key there since we have
 * looked: to be looked at again; or -1 with ERROR_REFUSED, ERROR_INPUT, ERROR_ENDING or ERROR_SYSTEM. With
 * context->pretends nothing is written, as far as permissions and mounts tell. */
int deliver_cfg(const struct context *context, const struct look *look, char *const *environment,
                bool has_command, struct delivered *delivered, struct error *err);

/* Refuses a file whose option has a fault, and nothing but the file is to give the secret: what a start cannot finish
 * it does not begin. Returns 0, or -1 with the fault. */
int deliver_check(const struct context *context, const struct look *look, bool has_command,
                  struct error *err);

/* Finishes the writing of a bind-mounted airflow.cfg that was interrupted. As cfg_recover; with
 * context->pretends nothing is written. */
int deliver_recover(const struct context *context, const struct look *look, struct error *err);
