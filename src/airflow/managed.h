/* The table of managed secrets: those that fernit finds, stores and delivers. All differences between them are in
 * this table.
 *
 * Each of them must be the same in every process of a deployment. Without the Fernet key the stored connections
 * cannot be read. Without one of the others sessions end, and Airflow's processes refuse each other's requests;
 * they can be replaced. airflow/config_templates/config.yml
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { MANAGED_COUNT = 4, MANAGED_OPTIONS = 2 };

/* How a version of Airflow treats an option. */
enum managed_use {
    MANAGED_DELIVERED, /* it reads the option */
    MANAGED_IN_STEP,   /* an old name that it hides and may read: updated only where it exists */
    MANAGED_SHOWN,     /* it may not know the option, and would then show the value */
};

/* One name of a secret in Airflow: its variable, its option in airflow.cfg, and their ..._CMD, ..._SECRET and
 * ..._FILE. */
struct managed_option {
    const char *variable; /* NULL behind the last option */
    const char *variable_command;
    const char *variable_secret;
    const char *variable_file;
    const char *section;
    const char *option;
    const char *option_command;
    const char *option_secret;
    const char *mark;  /* the comment line above an option that fernit wrote beside a ..._cmd */
    const char *label; /* its unique name for messages */
    int since;         /* the first version that reads it (airflow/version.h) */
    int until;         /* the first version that no longer reads it */
    bool by_default;   /* delivered if the version is unknown */
    bool stays_hidden; /* versions from `until` on hide its value, too */
};

struct managed {
    const char *name;  /* its file in the store, its word for --manage */
    const char *title; /* for messages: "Fernet key" */
    bool is_value;     /* one value; else a comma list of Fernet keys */
    bool replaceable;  /* losing it makes nothing unreadable */
    size_t bytes;      /* random bytes of a new one */
    struct managed_option options[MANAGED_OPTIONS + 1];
    const char *bare;       /* FERNET_KEY, which Airflow does not read; NULL: none */
    const char *bare_file;  /* FERNET_KEY_FILE; a secret with these also has --secret-file */
    const char *mounted[5]; /* where Docker and Kubernetes mount it; ends with NULL */
};

extern const struct managed managed_secrets[MANAGED_COUNT];

/* How this version treats the option. Pure. */
enum managed_use managed_use(const struct managed_option *option, int version);

/* Whether the version is known and would show the option's value, so that it is not delivered. Pure. */
bool managed_is_left_out(const struct managed_option *option, int version);

/* Whether this version reads the secret under any name; else fernit does not create it. Pure. */
bool managed_is_read(const struct managed *secret, int version);

/* The index of the option at `rank` (0, 1) for this version: an option that it reads comes before one that it does
 * not. Pure. */
size_t managed_rank(const struct managed *secret, int version, size_t rank);

/* The variable of the option at rank 0. Pure. */
const char *managed_variable(const struct managed *secret, int version);

/* Whether the environment has the option's variable, ..._CMD or ..._FILE. Pure. */
bool managed_is_given(const struct managed_option *option, char *const *environment);

/* The Fernet key's row. */
#define MANAGED_FERNET_KEY (&managed_secrets[0])
