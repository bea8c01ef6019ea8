/* What a survey means: whose key it is, whether one has to be made, what the store has to hold, what must be
 * refused. The same for all secrets; one that is a single value is a ring with room for one.
 *
 * A pure function: no file, no process, no clock. The rules:
 *
 *   - The first source that holds a value wins. Down to it, one that is named but broken fails the
 *     run: a secret that is briefly missing must never lead to a new key.
 *   - What comes from outside (a variable, command or file) is first in the ring, the keys of the store
 *     that it lacks behind it, so that what they have encrypted stays readable; staged keys are the last.
 *   - A key from outside that the store has never seen changes the store: resolve/change.h.
 *   - A literal key in airflow.cfg that is not in the ring joins its end, unless it was retired. One that
 *     its fernet_key_cmd gives does not: tomorrow it may give another one.
 *   - That command is run beside a literal key only where fernit has marked the key as one that it wrote there itself.
 *   - Where a ..._SECRET wins, Airflow gets the key itself, and no key is made or delivered.
 *   - A store that cannot be read is not changed, and does not stop who has a key from outside, unless a new one
 *     is to be refused: whether that is new cannot be seen.
 *   - Only where no source holds anything, or airflow.cfg what was retired alone, a key is made; and not where
 *     the store shows that it had one, unless it is replaceable.
 */
#pragma once

#include "resolve/change.h"
#include "resolve/sources.h"

struct error;

enum action {
    ACTION_USE,      /* `ring` is what Airflow gets */
    ACTION_GENERATE, /* make a key, put it into the store, then decide anew */
    ACTION_SECRET,   /* leave it to Airflow and its secrets backend */
    ACTION_UNKNOWN,  /* a command decides, and was not to be run */
    ACTION_NONE,     /* nothing holds it, and this Airflow does not read it (never decided here) */
};

enum remark_kind {
    REMARK_EMPTY,    /* `source` is set to nothing */
    REMARK_BROKEN,   /* `source` does not count, and is broken */
    REMARK_PASSED,   /* `source` is a command, a ..._SECRET or beside one, and does not count */
    REMARK_OTHER,    /* `source` holds a key other than the ring's first */
    REMARK_CHANGED,  /* the winner brings keys that the store lacks: the store's come behind */
    REMARK_STAGED,   /* the same, and they wait in the store until they are promoted */
    REMARK_REPLACED, /* the same, and some of the store's are retired */
    REMARK_RETIRED,  /* the winner brings keys that were retired */
    REMARK_FIRST,    /* the winner puts another key of the store's first than the store does */
    REMARK_FEWER, /* the winner is one that Airflow itself reads first, and gives less than the ring */
    REMARK_LOST,      /* the winner comes to a store that had keys, and whose ring is gone */
    REMARK_JOINED,    /* airflow.cfg holds keys that the ring lacked */
    REMARK_DROPPED,   /* airflow.cfg holds keys that were retired, and will not any more */
    REMARK_PUBLISHED, /* a key of `source` is known to everybody: `text` says where from */
    REMARK_SHOWN, /* airflow.cfg's [DEFAULT] has it, so Airflow shows it in every other section */
    REMARK_READABLE, /* the store's file can be read by all */
    REMARK_MODELESS, /* the store's file system has no modes */
    REMARK_MISNAMED, /* `text` is an assignment to a name that nobody reads */
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
    struct change change;        /* what the store is to hold, where there is one */
    struct remark *remarks;      /* for the log and for status, in the order of the sources */
    size_t remark_count;
};

/* Decides. The decision points into the survey, which must live as long.
 * Returns 0, or -1 with ERROR_INPUT or ERROR_REFUSED: the run must stop, and *decision holds the
 * winner (if any) and the remarks up to there; ERROR_SYSTEM. */
int decide(const struct survey *survey, enum on_change on_change, struct decision *decision,
           struct error *err);

/* Which source gives this key of decision->ring: the winner, or the first that has it. A key that none has is staged in the
 * store, whose source it is then. Pure. */
const struct source *decision_source(const struct survey *survey, const struct decision *decision,
                                     size_t index);

/* The name of this kind of remark in logs, the same in all versions. Pure. */
const char *remark_id(enum remark_kind kind);

/* One remark as a sentence, for the log. */
enum { REMARK_TEXT = 3584 };
void remark_text(const struct remark *remark, const struct survey *survey,
                 const struct decision *decision, char *text, size_t size);

/* How a store without a ring gets one back from its retired or, if none is, its staged keys: the command. */
enum { LOST_CURE = 1536 };
void lost_cure(const struct survey *survey, char text[LOST_CURE]);

/* What to do about it, in lines; "" where the sentence says it. */
enum { REMARK_HINT = 3072 };
void remark_hint(const struct remark *remark, const struct survey *survey,
                 const struct decision *decision, char hint[REMARK_HINT]);

void decision_free(struct decision *decision);
#define _cleanup_decision_ _cleanup_(decision_free)
