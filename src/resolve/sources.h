/* The sources that may hold a secret, and what each one holds: the data of a survey (resolve/survey.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "airflow/cfg.h"
#include "airflow/managed.h"
#include "base/error.h"
#include "base/signals.h"
#include "fernet/ring.h"
#include "resolve/early.h"
#include "store/retired.h"
#include "store/store.h"

/* The kinds of sources, in their order of precedence, numbered as `fernit status` numbers them. */
enum source_kind {
    SOURCE_VARIABLE = 1, /* AIRFLOW__CORE__FERNET_KEY */
    SOURCE_COMMAND,      /* AIRFLOW__CORE__FERNET_KEY_CMD, then ..._SECRET */
    SOURCE_BARE,         /* FERNET_KEY; the other secrets have none */
    SOURCE_FILE,         /* ..._FILE variables, --secret-file, /run/secrets */
    SOURCE_STORE,
    SOURCE_CFG, /* airflow.cfg: fernet_key, fernet_key_cmd (its key goes to the store), fernet_key_secret */
};

enum finding {
    FOUND_ABSENT,
    FOUND_EMPTY,       /* set to nothing: as absent, with a warning */
    FOUND_KEYS,        /* in `ring` */
    FOUND_BROKEN,      /* named, and missing, unreadable or invalid: `error` says why */
    FOUND_SECRET,      /* a ..._SECRET, which Airflow resolves itself */
    FOUND_OWN_STORE,   /* a command that only reads fernit's store: not run */
    FOUND_COMMAND,     /* a command that was not run */
    FOUND_UNFINISHED,  /* another process is creating the store's file */
    FOUND_PLACEHOLDER, /* airflow.cfg: a "$NAME" that is not set; no key, may be overwritten */
};

enum { SOURCE_NAME = 320, SECOND_NAME = 96 };

struct source {
    enum source_kind kind;
    enum finding finding;
    const char *name; /* for messages: "FERNET_KEY", "/run/secrets/fernet_key"; borrowed */
    struct ring ring;
    struct error
        *error; /* of FOUND_BROKEN: complete, with the source's name and hints; else NULL */
    /* Fails the run also below the winner: a variable and its ..._FILE are both set, for example. */
    bool fatal;
    bool repeated; /* another secret's survey reports the same error: it is one of the whole file */
    size_t option; /* of SOURCE_CFG: index in secret->options */
    bool by_command;      /* a command, which may give another ring tomorrow */
    bool is_marked;       /* fernit wrote this option beside a ..._cmd, which is still run */
    bool readable_by_all; /* of the store's file */
    bool modeless;        /* the store's file system has one mode for all files */
    bool in_default;      /* in [DEFAULT] of airflow.cfg, which Airflow shows in every section */
    bool is_second; /* the variable again, or [DEFAULT] beside a section: Airflow reads the first */
    bool hides;     /* the variable is set twice, first to nothing */
};

enum run_commands {
    RUN_COMMANDS_NEEDED, /* those above the first source with a key; airflow.cfg's also below the store */
    RUN_COMMANDS_NEVER,
};

/* airflow.cfg, read once for the surveys of all secrets. */
struct shared_cfg {
    const char *path;   /* for messages, also where the path is not known */
    bool readable;      /* it was read, or is missing */
    bool unknown;       /* its path is not known */
    struct error error; /* why it is not readable */
    struct cfg cfg;
};

/* What a survey reads; everything is borrowed. */
struct survey_input {
    const struct managed *secret;
    int airflow; /* its version, which decides the name that is read first: airflow/version.h */
    char *const *environment;
    const char *const *secret_files; /* --secret-file, ends with NULL */
    const struct early *early;       /* what root has read; NULL: nothing */
    bool no_mounts;                  /* there is no /run/secrets, so none of its files */
    const struct store *store;
    const struct error *store_error;  /* why the store could not be opened; else NULL */
    const struct store_file *stored;  /* the secret's file, if it was read already; else NULL */
    const struct error *stored_error; /* the error of that reading */
    const struct shared_cfg *cfg;
    enum run_commands commands;
    bool in_command; /* fernit runs inside a ..._CMD: to run that again would never end */
    int64_t command_timeout;
    const struct signals *signals;
    const char *options; /* for the commands that hints suggest; NULL: none */
};

/* One of the secret's names in airflow.cfg. */
struct survey_option {
    size_t source;          /* index in `sources` of the option itself */
    bool is_plain;          /* no "$" or "~" in it: the same in every environment */
    bool own_store;         /* its ..._cmd only reads fernit's store */
    bool command_failed;    /* its ..._cmd gives no key */
    bool command_is_passed; /* its ..._cmd was not run: an earlier source is used */
};

struct survey {
    const struct managed *secret;
    struct source *sources; /* in order of precedence, with the absent ones */
    size_t count;
    size_t room;
    size_t store_source; /* index of the store's */
    struct store_scan store_scan;
    /* An assignment that looks like this secret's and is not read, because of its name, or because an empty one hides
     * it; or NULL. */
    const char *misnamed;
    const char *suggested;  /* options for the commands that hints suggest: " --store /x", or "" */
    struct ring staged;     /* the store's staged keys */
    struct retired retired; /* its retired keys */
    bool has_lost_ring; /* in the first survey the store had no ring, but staged or retired keys */
    struct survey_option options[MANAGED_OPTIONS];
    /* The variables that are set twice: room for the four of each option, FERNET_KEY and FERNET_KEY_FILE. */
    char second_names[4 * MANAGED_OPTIONS + 2][SECOND_NAME];
    size_t second_count;
    char store_name[SOURCE_NAME]; /* names that sources point to: do not copy the survey */
    char cfg_names[MANAGED_OPTIONS][4][SOURCE_NAME];
};

/* Whether the source may give another key at each start: every source above the store, and a command in airflow.cfg. */
bool source_is_outside(const struct source *source);

/* Whether the source is a command in airflow.cfg beside a value, which Airflow reads instead. */
bool source_is_shadowed(const struct survey *survey, const struct source *source);

/* The first literal key in airflow.cfg that fernit did not write; NULL: none. Airflow reads it and runs no ..._cmd,
 * so fernit runs none either. */
const struct source *survey_users_own(const struct survey *survey);

/* Whether the source is a command in airflow.cfg that is not run for that reason. */
bool source_is_never_run(const struct survey *survey, const struct source *source);

/* The store, if it holds keys; else NULL. */
const struct source *survey_stored(const struct survey *survey);

void survey_free(struct survey *survey);
#define _cleanup_survey_ _cleanup_(survey_free)
