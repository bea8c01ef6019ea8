/* The text of airflow.cfg with one option of a secret as it is to be. */
#pragma once

#include "entry/deliver_need.h"

struct error;

/* Edits the option at `place`: CFG_CLEAR and CFG_HIDE make it a comment, all other needs set it to the part's ring.
 * *text is the text so far and becomes the next one; where it is empty the file is as `ini` has it, and with
 * CFG_MAKE there is none. Returns 0, or -1 with *err. */
int deliver_edit(const struct ini *ini, const struct part *part, const struct managed_place *place,
                 enum cfg_need need, struct secret *text, struct error *err);
