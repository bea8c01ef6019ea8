/* Making what is missing, and keeping it in the store before it is used. */
#pragma once

#include <stdbool.h>

#include "run/look.h"

struct error;

/* Looks around for all secrets that are managed, and keeps what has to be kept, until nothing is left to do:
 *
 *   - an airflow.cfg that an interrupted write has left torn is finished first: what stands in it may pass
 *     for a key and is none;
 *   - with --strict what a warning of security would say is an error;
 *   - a fault of airflow.cfg is an error where nothing but the file is to give the secret (run/deliver.h): without
 *     has_command, or as --deliver says;
 *   - a Fernet key that is missing is made, unless the store is on a mount that does not outlive the
 *     container. Whoever made it, it is read back from the store: so the one that is used is the one that
 *     everybody finds there. A secret that can be replaced is made on any verdict, and where there is no store
 *     for this process alone;
 *   - a key from outside or from airflow.cfg that the store lacks is recorded, where there is a store or one
 *     was asked for: resolve/change.h, under its lock.
 *
 * Returns 0 and what was found last in *look; or -1 with ERROR_REFUSED, ERROR_INPUT, ERROR_SYSTEM or
 * ERROR_ENDING. */
int keep_secrets(const struct context *context, struct look *look, bool has_command,
                 struct error *err);

/* The same behind the look, which is the caller's. With context->pretends it is what a run would do: nothing is written,
 * and what would have been is in *look (lookup->is_kept). */
int keep_found(const struct context *context, struct look *look, bool has_command,
               struct error *err);

/* Refuses to start inside a ..._CMD of another fernit, where every ..._CMD would be passed over, and a key might be made
 * where one of them has it. Returns 0, or -1 with ERROR_REFUSED. */
int keep_check_place(const struct context *context, struct error *err);
