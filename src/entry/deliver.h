/* Making airflow.cfg hold the ring. */
#pragma once

#include "entry/look.h"

struct error;

/* What has to be done to the file. */
enum cfg_need {
    CFG_RIGHT,   /* Airflow finds our ring in it, or it is none of our business */
    CFG_MAKE,    /* it is missing */
    CFG_SET,     /* fernet_key has to be set */
    CFG_CLEAR,   /* an empty fernet_key stands in the way of fernet_key_cmd or fernet_key_secret */
    CFG_FOREIGN, /* it holds a key that the ring lacks */
    CFG_BROKEN,  /* it cannot be read, or holds something else: not ours to overwrite */
};

/* Says what a file needs, so that a process with this environment finds the ring in it. *err is
 * filled for CFG_BROKEN. Pure. */
enum cfg_need deliver_need(const struct context *context, const struct look *look,
                           const struct cfg *cfg, char *const *environment, struct error *err);

/* Does it, under the store's lock where there is one. A file that is right is not touched. One that
 * cannot be replaced (a bind mount, read-only) is left alone, with a warning, where the command gets
 * the key by its environment; else it is written in place, or that is an error.
 * Returns 0, or -1 with ERROR_REFUSED, ERROR_INPUT, ERROR_ENDING or ERROR_SYSTEM. */
int deliver_cfg(const struct context *context, const struct look *look, char *const *environment,
                bool has_command, struct error *err);

/* Finishes the writing of a bind-mounted airflow.cfg that was interrupted. As cfg_recover. */
int deliver_recover(const struct context *context, const struct look *look, struct error *err);
