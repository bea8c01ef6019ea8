/* The words of a warning about a source.
 *
 * A new warning takes four steps: a REMARK_... in resolve/decide.h; a call of add_remark() in resolve/decide.c, where
 * the warning is due; a function that writes it, and its row, in resolve/remark.c; its id in cli/catalogue.c.
 */
#pragma once

#include "resolve/decide.h"

enum { REMARK_TEXT = 1024, REMARK_HINT = 3072 };

struct remark_message {
    char text[REMARK_TEXT]; /* one fact */
    char hint[REMARK_HINT]; /* what to do, in lines; "" where there is nothing to do */
};

/* Writes both. */
void remark_write(const struct remark *remark, const struct survey *survey,
                  const struct decision *decision, struct remark_message *message);

/* The id of this kind of warning, which stays the same in all versions. Pure. */
const char *remark_id(enum remark_kind kind);
