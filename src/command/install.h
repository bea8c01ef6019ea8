/* `fernit install DIR`: copies fernit and its helpers into a folder. An init container does this on a shared volume, so
 * that a container of another image, without fernit, can start its command with it.
 *
 * It copies fernit, and the helpers that are beside it, with mode 0755 whatever the umask. It does not write a file again
 * that is there already. Several installs may run at once, also while the programs are in use, and be killed at any moment
 * (command/install_file.h). fernit is the last file: where fernit is, its helpers are complete. The command needs no
 * setting, no store and no /proc. */
#pragma once

struct context;

/* Returns EXIT_GOOD, EXIT_PROBLEM, EXIT_USAGE, or 128+N if signal N came before all files were copied. */
int install_command(const struct context *context);
