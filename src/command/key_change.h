/* fernit key promote, retire, unretire, destroy: change the keys in the store.
 *
 * Each command makes a plan (command/key_plan.h) and prints it, with fingerprints. With --yes it takes the store's lock,
 * reads the store again and carries out the plan. After a crash at any moment each key is still in the ring, staged or
 * retired; the next start, or the same command again, continues. Only `destroy` erases a key, and only a retired one.
 *
 * The commands also read the sources outside the store, because the next start uses them before the store. A key that
 * such a source puts first is not retired, and a key that is still in any source is not destroyed.
 */
#pragma once

#include "run/findings.h"

/* promote [FP]: moves the staged key, or a key of the ring, to the front of the ring. If the secret is one value, the old
 * value is retired. */
int key_promote_command(const struct context *context);

/* retire [FP]: moves a key from the ring, or a staged key, to retired/. Without FP: all keys of the ring but the first. */
int key_retire_command(const struct context *context);

/* unretire FP: moves a retired key back to the end of the ring. */
int key_unretire_command(const struct context *context);

/* destroy FP: erases a retired key. */
int key_destroy_command(const struct context *context);

/* All return EXIT_GOOD (done, or nothing to do), EXIT_PROBLEM (failed, or --yes is missing), EXIT_USAGE, or 128+N after
 * a signal. */
