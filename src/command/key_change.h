/* fernit key promote, retire, unretire, destroy: what an operator does to the keys in the store, and only there.
 *
 * Each works out what it would do (command/key_plan.h) and says so, by fingerprints; with --yes it does it, under
 * the store's lock, having read the store again. At any crash each key is in the ring, staged or retired; the next
 * start, or the same command again, goes on from there. `destroy` alone erases, and only what is retired.
 *
 * What this environment gives from outside the store, which would come before it at the next start, is looked at,
 * too: what that puts first is not retired, and what any source still holds is not destroyed.
 */
#pragma once

#include "run/findings.h"

/* promote [FP]: the staged key comes to the front of the ring; a key of the ring may be put there, too. Of a
 * secret that is one value the old one is retired. */
int key_promote_command(const struct context *context);

/* retire [FP]: from the ring, or from what is staged, to retired/; without FP all but the first. */
int key_retire_command(const struct context *context);

/* unretire FP: back to the ring's end. */
int key_unretire_command(const struct context *context);

/* destroy FP: erases a retired one. */
int key_destroy_command(const struct context *context);

/* All return EXIT_GOOD (done, or nothing to do), EXIT_PROBLEM (not done, or not confirmed), EXIT_USAGE, or
 * 128+N. */
