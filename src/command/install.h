/* `fernit install DIR`: puts the programs into a folder, so that an init container can hand them, on a volume that both
 * mount, to an image that has never heard of fernit.
 *
 * fernit itself, and those of its helpers that lie beside it: mode 0755 whatever the umask, nothing written where they are
 * already, and as command/publish.h says: many at once, while they are run, and killed at any moment. fernit comes last: where it
 * is, its helpers are. Asks for nothing else: no setting, no store, no /proc. */
#pragma once

struct context;

/* Returns EXIT_GOOD, EXIT_PROBLEM, EXIT_USAGE, or 128+N for a signal N that came before all was done. */
int install_command(const struct context *context);
