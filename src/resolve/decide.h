/* What a survey means: which source is used, what the ring is, whether a key must be created, what the store must
 * hold, and what is refused. The same for all secrets; a secret that is a single value is a ring with room for one.
 *
 * Pure: no file, no process, no clock. The rules:
 *
 *   - The first source that holds a value wins. A broken source above the winner fails the run: a secret that is
 *     missing for a moment must never lead to a new key. A broken source below the winner is a warning.
 *   - Keys from outside (a variable, a command, a file) come first in the ring. The store's other keys follow, so
 *     that what they encrypted stays readable. Staged keys come last.
 *   - A key from outside that the store has never seen changes the store: resolve/change.h.
 *   - A literal key in airflow.cfg that the ring lacks joins its end, unless it is retired. A key that fernet_key_cmd
 *     gives does not join: the command may give another one tomorrow.
 *   - fernet_key_cmd is run beside a literal key only where fernit wrote that key, as its mark shows.
 *   - Where a ..._SECRET wins, Airflow asks its secrets backend itself: no key is created or delivered.
 *   - A store that cannot be read is not changed. A run with a key from outside goes on without it, but with
 *     --on-change refuse it fails, since nobody can tell whether the key is new.
 *   - A key is created only where no source holds one, or only airflow.cfg holds retired ones. It is not created
 *     where staged or retired keys show that the store lost its ring, unless the secret is replaceable.
 */
#pragma once

#include "resolve/change.h"
#include "resolve/sources.h"

struct error;

enum action {
    ACTION_USE,      /* `ring` is what Airflow gets */
    ACTION_GENERATE, /* create a key, put it into the store, then decide again */
    ACTION_SECRET,   /* leave it to Airflow and its secrets backend */
    ACTION_UNKNOWN,  /* a command holds it, and commands must not be run */
    ACTION_NONE, /* no source holds it, and this Airflow does not read it (never decided here) */
};

/* The warnings; resolve/remark.c has their words. */
enum remark_kind {
    REMARK_EMPTY,  /* `source` is set to nothing */
    REMARK_BROKEN, /* `source` is broken, and below the winner */
    REMARK_UNUSED, /* `source` gives something that is not used, and Airflow may have used it before */
    REMARK_OTHER,   /* `source` holds a key that the ring lacks */
    REMARK_CHANGED, /* the winner brings keys that are new to the store, whose own keys follow them */
    REMARK_STAGED,   /* the winner brings new keys, which are staged until they are promoted */
    REMARK_REPLACED, /* the winner brings new keys, and keys of the store are retired */
    REMARK_RETIRED,  /* the winner brings retired keys */
    REMARK_FIRST,    /* the winner puts another of the store's keys first than the store does */
    REMARK_FEWER, /* Airflow itself reads the winner before fernit's ring, and it lacks keys of the ring */
    REMARK_LOST,      /* the store had keys, and its ring is gone */
    REMARK_JOINED,    /* airflow.cfg holds keys that the ring lacked */
    REMARK_DROPPED,   /* airflow.cfg holds retired keys, which the next write removes */
    REMARK_PUBLISHED, /* a key of `source` is public: `text` says where from */
    REMARK_SHOWN, /* it is in [DEFAULT] of airflow.cfg, so Airflow shows it under every section */
    REMARK_READABLE, /* everybody can read the store's file */
    REMARK_MODELESS, /* the store's file system has one mode for all files */
    REMARK_MISNAMED, /* `text` is an assignment to a name that neither Airflow nor fernit reads */
};

struct remark {
    enum remark_kind kind;
    const struct source *source; /* in the survey */
    const char *text;
};

struct decision {
    enum action action;
    const struct source *winner; /* in the survey; NULL for ACTION_GENERATE */
    struct ring ring;            /* what Airflow gets */
    struct change change;        /* what the store must hold, where there is one */
    struct remark *remarks;      /* in the order of the sources */
    size_t remark_count;
    bool lacks_remarks; /* there was no memory for one */
};

/* Decides. The decision points into the survey, which must live as long.
 * Returns 0, or -1: ERROR_INPUT or ERROR_REFUSED, where the run must stop (*decision holds the winner, if there is
 * one, and the remarks up to there), ERROR_SYSTEM. */
int decide(const struct survey *survey, enum on_change on_change, struct decision *decision,
           struct error *err);

/* The source of this key of decision->ring: the winner, or the first other source that has it. A key that no source
 * has is staged, and its source is the store. Pure. */
const struct source *decision_source(const struct survey *survey, const struct decision *decision,
                                     size_t index);

/* What REMARK_LOST and the refusal to create a key say of the store's file. */
#define LOST_RING "%s is missing, and staged or retired keys beside it show that there was one"

/* The command that gives a store without a ring one of its retired keys back or, if it has none, a staged one. */
enum { LOST_CURE = 1536 };
void lost_cure(const struct survey *survey, char text[LOST_CURE]);

void decision_free(struct decision *decision);
#define _cleanup_decision_ _cleanup_(decision_free)
