/* Every place where the key may stand, each looked at once, in the order in which they count.
 *
 * Looking reads files and runs commands; it writes nothing. What the findings mean is decided in
 * resolve/decide.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "airflow/cfg.h"
#include "base/error.h"
#include "base/signals.h"
#include "fernet/ring.h"
#include "resolve/early.h"
#include "store/store.h"

/* The seven ways, less the last (to make a key). Their order is the order of the survey. */
enum way {
    WAY_VARIABLE = 1, /* AIRFLOW__CORE__FERNET_KEY */
    WAY_COMMAND,      /* AIRFLOW__CORE__FERNET_KEY_CMD, then ..._SECRET */
    WAY_BARE,         /* FERNET_KEY */
    WAY_FILE,         /* ..._FILE variables, --secret-file, /run/secrets */
    WAY_STORE,
    WAY_CFG, /* airflow.cfg: fernet_key, fernet_key_cmd, fernet_key_secret */
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

enum { SOURCE_NAME = 320 };

struct source {
    enum way way;
    enum finding finding;
    const char *name; /* for messages: "FERNET_KEY", "/run/secrets/fernet_key"; borrowed */
    struct ring ring;
    struct error *error; /* of FOUND_BROKEN: whole, with the source's name and a cure; else NULL */
    bool
        fatal; /* an error wherever it stands: a variable and its ..._FILE twin are both set, say */
    bool by_command;      /* a command has given the ring: it may give another one tomorrow */
    bool readable_by_all; /* of the store's file */
    bool modeless;
};

enum run_commands {
    RUN_COMMANDS_NEEDED, /* those that come before every source that holds a key */
    RUN_COMMANDS_NEVER,
};

/* What to look at; everything is borrowed. */
struct survey_places {
    char *const *environment;
    const char *const *secret_files; /* --secret-file, ends with NULL */
    const struct early *early;       /* what root has read of them; NULL: nobody has */
    const struct store *store;
    const struct error *store_error; /* why it could not be opened; else NULL */
    const char *cfg_path;
    const struct error *cfg_error; /* why its path is not known; else NULL */
    bool whole_cfg; /* all of it is asked for, if it is sound; else as far as it counts */
    enum run_commands commands;
    bool in_command; /* we run inside a ..._CMD: running it again would never end */
    int64_t command_timeout;
    const struct signals *signals;
};

struct survey {
    struct source *sources; /* in their order, the absent ones, too */
    size_t count;
    size_t room;
    struct store_scan store_scan;
    bool cfg_readable;  /* airflow.cfg is missing, or was read */
    bool cfg_is_plain;  /* its fernet_key has no variables: it is the same in every environment */
    bool cfg_own_store; /* its fernet_key_cmd reads our store */
    size_t cfg_source;  /* index of its fernet_key in `sources` */
    struct cfg cfg;     /* as it was read */
    char store_name[SOURCE_NAME]; /* names of sources, which point here: not to be copied */
    char cfg_names[3][SOURCE_NAME];
};

/* Looks at all of them. Faults of a source are findings, not errors of the survey.
 * Returns 0, or -1: ERROR_ENDING while a command ran, ERROR_SYSTEM (memory). */
int survey_all(const struct survey_places *places, struct survey *survey, struct error *err);

/* The ring that airflow.cfg's own fernet_key holds for a process with `environment`: what Airflow
 * would find there. *is_plain says whether that is the same in every environment.
 * Returns a finding: absent, empty, keys, broken (*err), placeholder. */
enum finding survey_cfg_key(const struct cfg *cfg, char *const *environment, struct ring *ring,
                            bool *is_plain, struct error *err);

/* The store's source, if it holds keys; else NULL. */
const struct source *survey_stored(const struct survey *survey);

void survey_free(struct survey *survey);
#define _cleanup_survey_ _cleanup_(survey_free)
