/* The text that airflow.cfg gets: one option after the other is edited. */
#pragma once

#include "run/deliver_need.h"

struct error;

struct deliver_text {
    struct secret text; /* with the edits so far */
    bool is_written;    /* there is one */
};

/* Gives the option at `place` of `lookup` what it needs: its ring, or a comment sign (CFG_CLEAR, CFG_HIDE). The first edit
 * takes the text of `cfg`; with CFG_MAKE it begins an empty one. Returns 0, or -1 as ini_set. */
int deliver_text_edit(const struct cfg *cfg, const struct lookup *lookup,
                      const struct managed_option *place, enum cfg_need need,
                      struct deliver_text *edited, struct error *err);
