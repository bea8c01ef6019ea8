/* The settings of a command: a field for each option, in the order of the table in options.c. A row there names its
 * field, and settings_read.h fills it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/ini.h"
#include "base/log.h"
#include "base/secret.h"
#include "cli/wait_targets.h"
#include "process/supervision.h"
#include "resolve/on_change.h"

enum { SUGGESTED = 640 };

enum option_id {
    OPTION_STORE,
    OPTION_STORE_MODE,
    OPTION_SECRET_FILE,
    OPTION_CMD_TIMEOUT,
    OPTION_LOCK_TIMEOUT,
    OPTION_DELIVER,
    OPTION_ON_CHANGE,
    OPTION_MANAGE,
    OPTION_AIRFLOW_VERSION,
    OPTION_ALLOW_EPHEMERAL,
    OPTION_STRICT,
    OPTION_SINGLE_WRITER,
    OPTION_YES,
    OPTION_CONFIG,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_LOG_FORMAT,
    OPTION_JSON,
    OPTION_RUN_COMMANDS,
    OPTION_USER,
    OPTION_NO_NEW_PRIVS,
    OPTION_WAIT_FOR,
    OPTION_WAIT_TIMEOUT,
    OPTION_INIT,
    OPTION_SIGNAL_SCOPE,
    OPTION_SETSID,
    OPTION_REWRITE,
    OPTION_GRACE,
    OPTION_TERM_DELAY,
    OPTION_OK_EXIT,
    OPTION_PDEATHSIG,
    OPTION_NO_SUBREAPER,
    OPTION_COUNT,
};

/* Where a value comes from. A greater one is stronger. */
enum origin { ORIGIN_DEFAULT, ORIGIN_INI, ORIGIN_ENVIRONMENT, ORIGIN_FLAG };

/* The value of one option as the user wrote it. */
struct setting {
    const char *text; /* borrowed; NULL: not given, and no default */
    enum origin origin;
    unsigned order; /* its position among the values from that origin */
};

/* The paths of a repeatable option. */
struct paths {
    const char **list; /* ends with NULL */
    size_t count;
    struct secret copies; /* copies of the paths in comma lists */
};

/* Bits of `deliver`. */
enum { DELIVER_ENVIRONMENT = 1, DELIVER_CFG = 2 };

struct settings {
    const char *store;
    mode_t store_mode;
    struct paths secret_files;
    int64_t cmd_timeout; /* milliseconds */
    int64_t lock_timeout;
    unsigned deliver;
    enum on_change on_change;
    unsigned manage; /* bits: 1 << index in managed_secrets */
    int airflow;     /* 21005 for 2.10.5; 0: not given */
    bool allow_ephemeral;
    bool strict;
    bool single_writer; /* no other host writes the store, so its locks need not reach others */
    bool yes;
    const char *config;
    bool quiet;
    bool verbose;
    enum log_format log_format;
    bool json;
    bool run_commands;
    const char *user; /* the user to become; NULL: stay the same */
    bool no_new_privileges;
    struct wait_targets wait_targets;
    int64_t wait_timeout;
    bool init; /* supervise the command, with the settings that follow */
    struct supervision supervision;
    int parent_death_signal; /* 0: none */

    /* What follows from the options. */
    bool store_named; /* the store is not the default, so a key from outside may create it */
    bool deliver_environment; /* bits of `deliver` */
    bool deliver_cfg;
    bool help;               /* --help was given: no other option counts */
    char **words;            /* what follows the options; borrowed, ends with NULL */
    char options[SUGGESTED]; /* for suggested commands: suggest.h */

    /* Where the values came from. */
    struct setting all[OPTION_COUNT];
    struct secret ini_text;
    struct ini ini;
};
