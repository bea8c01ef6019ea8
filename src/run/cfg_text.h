/* The text that airflow.cfg gets. The options are edited one after the other. */
#pragma once

#include "run/cfg_need.h"

struct error;

struct cfg_text {
    struct secret text; /* with the edits so far */
    bool is_written;    /* there is an edit */
};

/* Gives one option of item->secret what it needs: the ring item->delivers, or a comment sign (CFG_CLEAR,
 * CFG_HIDE). The first edit begins with the text of `cfg`; with CFG_MAKE, with an empty one. Returns 0, or -1 as
 * ini_set. */
int cfg_text_edit(const struct cfg *cfg, const struct item *item,
                  const struct managed_option *option, enum cfg_need need, struct cfg_text *edited,
                  struct error *err);
