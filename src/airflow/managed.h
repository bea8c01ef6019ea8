/* The secrets that fernit finds, keeps and delivers, in one table: what differs between them stands here
 * and nowhere else.
 *
 * All of them must be the same for every process of a deployment. Without the Fernet key what is stored
 * cannot be read; without the others sessions end and requests between Airflow's parts are refused, so
 * that they can be made anew, at a price.
 * airflow/config_templates/config.yml
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { MANAGED_COUNT = 4, MANAGED_OPTIONS = 2 };

/* What a version of Airflow makes of a place. */
enum managed_use {
    MANAGED_DELIVERED, /* it reads the secret there */
    MANAGED_IN_STEP, /* an old name, which it may still read, and hides: kept equal where it is there */
    MANAGED_SHOWN, /* an option that it does not know, or may not: not sensitive, so Airflow shows it */
};

/* One name under which Airflow looks for it: a variable, an option of airflow.cfg, and what they become when
 * the value is not given itself. */
struct managed_option {
    const char *variable; /* NULL behind the last place */
    const char *variable_command;
    const char *variable_secret;
    const char *variable_file;
    const char *section;
    const char *option;
    const char *option_command;
    const char *option_secret;
    const char *mark;  /* the comment above an option that fernit has written beside a ..._cmd */
    const char *label; /* for messages: what tells the option from the others of this table */
    int since;         /* the versions that read it (airflow/version.h), from this one */
    int until;         /* up to this one, exclusive */
    bool by_default;   /* delivered where the version is not known */
    bool stays_hidden; /* later versions call it sensitive, too */
};

struct managed {
    const char *name;  /* its file in the store, its word for --manage */
    const char *title; /* in sentences: "Fernet key" */
    bool is_value;     /* one value; else a comma list of Fernet keys */
    bool replaceable;  /* losing it makes nothing unreadable */
    size_t bytes;      /* random ones in a new one */
    struct managed_option options[MANAGED_OPTIONS + 1];
    const char
        *bare; /* a variable that Airflow itself does not know, and --secret-file; NULL: none */
    const char *bare_file;
    const char *mounted[5]; /* where Docker and Kubernetes mount it; ends with NULL */
};

extern const struct managed managed_secrets[MANAGED_COUNT];

/* What this version makes of the place. Pure. */
enum managed_use managed_use(const struct managed_option *place, int version);

/* Whether the version is known, and would show what is given under this name: it does not get it. Pure. */
bool managed_is_left_out(const struct managed_option *place, int version);

/* Whether this version reads the secret at all; else nothing is created for it. Pure. */
bool managed_is_read(const struct managed *secret, int version);

/* The index of the place that counts at rank 0, 1, ... for this version: the one that it reads before the other. Pure. */
size_t managed_rank(const struct managed *secret, int version, size_t rank);

/* The variable that this version reads. Pure. */
const char *managed_variable(const struct managed *secret, int version);

/* Whether the environment gives the place by its variable, ..._CMD or ..._FILE. Pure. */
bool managed_is_given(const struct managed_option *place, char *const *environment);

/* The Fernet key's row. */
#define MANAGED_FERNET_KEY (&managed_secrets[0])
