/* Writing the keys that the store lacks into it, before they are used. */
#pragma once

#include "base/deadline.h"
#include "run/findings.h"

struct error;

/* What one start has done so far. It begins with a deadline and zeros. */
struct creation {
    struct deadline deadline;
    int lost; /* how often another process was first */
    unsigned
        done; /* secrets that were written, or go without the store; bits as in settings.manage */
};

/* Creates the store's file for each secret that has none:
 *
 *   - a Fernet key that no source gives is created, unless the store is on a mount that does not outlive the
 *     container. It is then read back from the store (findings_reread_all), so that all processes use the key that was
 *     there first;
 *   - a secret that can be replaced is created on any mount, and where no store can keep it, for this process alone;
 *   - a key that a source outside or airflow.cfg gives is written where there is a store, or the user named one.
 *
 * Returns how many must be read again, after a pause where another process was first and its file does not show yet;
 * 0: the start can go on; or -1 with ERROR_REFUSED, ERROR_INPUT, ERROR_SYSTEM or ERROR_ENDING. With context->pretends
 * nothing is written, and *findings says what would have been (item->is_kept). */
int create_keys(const struct context *context, struct findings *findings, struct creation *creation,
                struct error *err);
