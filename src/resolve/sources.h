/* The places where a secret may stand, and what was found at each: the data of a survey (resolve/survey.h). */
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

/* The seven ways, less the last (to make a key). Their order is the order of the survey. */
enum way {
    WAY_VARIABLE = 1, /* AIRFLOW__CORE__FERNET_KEY */
    WAY_COMMAND,      /* AIRFLOW__CORE__FERNET_KEY_CMD, then ..._SECRET */
    WAY_BARE,         /* FERNET_KEY; the other secrets have none */
    WAY_FILE,         /* ..._FILE variables, --secret-file, /run/secrets */
    WAY_STORE,
    WAY_CFG, /* airflow.cfg: fernet_key, fernet_key_cmd (which changes what is stored), fernet_key_secret */
};

enum finding {
    FOUND_ABSENT,
    FOUND_EMPTY,       /* set to nothing: counts as absent, with a warning */
    FOUND_KEYS,        /* in `ring` */
    FOUND_BROKEN,      /* named, and missing, unreadable or wrong: in `error` */
    FOUND_SECRET,      /* a ..._SECRET, which Airflow resolves by itself */
    FOUND_OWN_STORE,   /* a command that only reads fernit's store: passed over */
    FOUND_COMMAND,     /* a command that was not run */
    FOUND_UNFINISHED,  /* the store's file is being made by somebody */
    FOUND_PLACEHOLDER, /* airflow.cfg: a "$NAME" that stays; no key, may be overwritten */
};

enum { SOURCE_NAME = 320, SECOND_NAME = 96 };

struct source {
    enum way way;
    enum finding finding;
    const char *name; /* for messages: "FERNET_KEY", "/run/secrets/fernet_key"; borrowed */
    struct ring ring;
    struct error *error; /* of FOUND_BROKEN: whole, with the source's name and a cure; else NULL */
    bool
        fatal; /* an error wherever it stands: a variable and its ..._FILE twin are both set, say */
    bool
        repeated; /* its error is one of the whole file, and stands in another secret's survey, too */
    size_t place;    /* of WAY_CFG: index in secret->options */
    bool by_command; /* it is a command: it may give another ring tomorrow */
    bool is_marked;  /* an option that fernit wrote beside a ..._cmd, which is run all the same */
    bool readable_by_all; /* of the store's file */
    bool
        in_default; /* airflow.cfg's [DEFAULT] has the option, and so has every section for Airflow */
    bool modeless;
    bool
        is_second; /* a variable that is set once more, or what [DEFAULT] has beside a section: Airflow reads the first */
    bool hides; /* a variable that is set to nothing, before another one of its name with a value */
};

enum run_commands {
    RUN_COMMANDS_NEEDED, /* those that come before every source that holds a key; airflow.cfg's also behind the store */
    RUN_COMMANDS_NEVER,
};

/* airflow.cfg, which the surveys of all secrets share. */
struct cfg_look {
    const char *path;   /* for messages, where it is not known, too */
    bool readable;      /* it is missing, or was read */
    bool unknown;       /* its path is not known */
    struct error error; /* why it is not readable */
    struct cfg cfg;
};

/* What to look at; everything is borrowed. */
struct survey_input {
    const struct managed *secret;
    int airflow; /* the version, which says under which name it counts first; airflow/version.h */
    char *const *environment;
    const char *const *secret_files; /* --secret-file, ends with NULL */
    const struct early *early;       /* what root has read of them; NULL: nobody has */
    bool no_mounts; /* /run/secrets is not there: no need to look for each of its files */
    const struct store *store;
    const struct error *store_error;  /* why it could not be opened; else NULL */
    const struct store_file *stored;  /* the secret's file, if it was read already; else NULL */
    const struct error *stored_error; /* of that reading */
    const struct cfg_look *cfg;
    enum run_commands commands;
    bool in_command; /* we run inside a ..._CMD: running it again would never end */
    int64_t command_timeout;
    const struct signals *signals;
    const char *options; /* of the commands that remarks suggest; NULL: none */
};

/* One name of the secret in airflow.cfg. */
struct survey_option {
    size_t source;          /* index of the option itself in `sources` */
    bool is_plain;          /* it has no variables: it is the same in every environment */
    bool own_store;         /* its ..._cmd reads our store */
    bool command_failed;    /* its ..._cmd gives nothing */
    bool command_is_passed; /* it was not to be run: what stands before it counts */
};

struct survey {
    const struct managed *secret;
    struct source *sources; /* in their order, the absent ones, too */
    size_t count;
    size_t room;
    size_t store_source; /* index of the store's */
    struct store_scan store_scan;
    const char *
        misnamed; /* an assignment that looks like the secret's, and is not read: its name is another one, or an empty
                             one of its name comes first; or NULL */
    const char *suggested;  /* " --store /x", or "": those of the commands that remarks suggest */
    struct ring staged;     /* keys in the store that wait to be promoted */
    struct retired retired; /* those that were taken out of use */
    bool has_lost_ring; /* at the first look the store had no ring, and staged or retired keys */
    struct survey_option options[MANAGED_OPTIONS];
    char second_names[4 * MANAGED_OPTIONS + 2][SECOND_NAME]; /* of variables that are set twice */
    size_t second_count;
    char store_name[SOURCE_NAME]; /* names of sources, which point here: not to be copied */
    char cfg_names[MANAGED_OPTIONS][4][SOURCE_NAME];
};

/* Whether it is given to the container, and may be another one at each start: the first four ways, and what
 * airflow.cfg has by a command. */
bool source_is_outside(const struct source *source);

/* Whether it is a command of airflow.cfg beside a value, which Airflow reads instead. */
bool source_is_shadowed(const struct survey *survey, const struct source *source);

/* What airflow.cfg holds that fernit did not write beside a ..._cmd: Airflow reads it and runs no ..._cmd, so neither
 * does fernit. NULL: there is none. */
const struct source *survey_owned(const struct survey *survey);

/* Whether it is a command of airflow.cfg that is not run for that reason. */
bool source_is_never_run(const struct survey *survey, const struct source *source);

/* The store's source, if it holds keys; else NULL. */
const struct source *survey_stored(const struct survey *survey);

void survey_free(struct survey *survey);
#define _cleanup_survey_ _cleanup_(survey_free)
