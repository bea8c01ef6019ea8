/* What a command is told to do: its command line, the FERNIT_* variables, fernit.ini, the defaults,
 * the stronger before the weaker. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/ini.h"
#include "base/log.h"
#include "base/secret.h"
#include "cli/options.h"
#include "cli/wait_targets.h"
#include "process/supervision.h"
#include "resolve/change.h"

struct error;

enum { SUGGESTED = 640 };

/* Where a value comes from; the greater is the stronger. */
enum origin { ORIGIN_DEFAULT, ORIGIN_INI, ORIGIN_ENVIRONMENT, ORIGIN_FLAG };

struct setting {
    const char *text; /* as it was given; borrowed */
    enum origin origin;
    unsigned order; /* which of those of its origin came later */
};

struct settings {
    const char *store;
    bool store_named; /* not the default: it may be made in order to keep a key that was given */
    mode_t store_mode;
    const char **secret_files; /* ends with NULL */
    int64_t cmd_timeout;       /* milliseconds */
    int64_t lock_timeout;
    int64_t wait_timeout;
    struct wait_targets wait_targets;
    bool deliver_environment;
    bool deliver_cfg;
    enum on_change on_change;
    unsigned manage; /* bits: 1 << index in managed_secrets */
    int airflow;     /* --airflow-version, as in airflow/version.h; AIRFLOW_UNKNOWN: not given */
    bool allow_ephemeral;
    bool strict;
    bool single_writer; /* the store's locks need not reach other hosts */
    bool yes;           /* do it */
    bool json;
    enum log_format log_format;
    bool run_commands;
    const char *user; /* whom to become; NULL: stay */
    bool no_new_privileges;
    bool init; /* supervise the command, as follows */
    struct supervision supervision;
    int parent_death_signal; /* 0: none */
    bool help;               /* --help stood there: nothing else counts */

    char **words; /* what follows the options on the command line; borrowed, ends with NULL */

    char options[SUGGESTED]; /* for suggested commands: cli/suggest.h */

    struct setting all[OPTION_COUNT]; /* the rest is how they were found */
    size_t secret_file_count;
    struct secret paths; /* those of secret_files that stood in a list */
    struct secret ini_text;
    struct ini ini;
};

/* Takes the log's format from its variable, if it is right there: for what is wrong before settings_read, or
 * while it reads; which takes it anew. */
void settings_log_early(char *const *environment);

/* Reads them for the command whose bit is `command`; `arguments` is what follows its name. Sets the
 * log's level and format. Unknown FERNIT_* variables are warned of.
 * Returns 0, or -1: ERROR_USAGE (names the option, and the nearest one known), ERROR_SYSTEM,
 * ERROR_REFUSED (as root, with --user, a fernit.ini that others could have written). */
int settings_read(struct settings *settings, unsigned command, char **arguments,
                  char *const *environment, struct error *err);

/* How a person finds the option `id` again: "--store", "FERNIT_STORE", "/etc/fernit.ini: store". */
void settings_origin(const struct settings *settings, size_t id, char name[128]);

void settings_free(struct settings *settings);
#define _cleanup_settings_ _cleanup_(settings_free)
