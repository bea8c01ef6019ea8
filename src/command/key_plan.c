#include "command/key_plan.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PREFIX_LEAST = 4 };

bool is_fingerprint_prefix(const char *text)
{
    size_t length = strlen(text);
    return length >= PREFIX_LEAST && length <= FINGERPRINT_TEXT &&
           strspn(text, "0123456789abcdefABCDEF") == length;
}

static bool begins(const char *fingerprint, const char *prefix)
{
    return strncasecmp(fingerprint, prefix, strlen(prefix)) == 0;
}

/* --- Finding */

struct search {
    const char *prefix;
    struct target *target;
    unsigned found; /* number of different keys */
};

/* Returns the target if this key is the first one found with the prefix, or that one in another place; else NULL. */
static struct target *match(struct search *search, const struct stored_keys *keys,
                            const char *fingerprint)
{
    struct target *target = search->target;
    if (!begins(fingerprint, search->prefix))
        return NULL;
    bool same =
        search->found > 0 && target->keys == keys && strcmp(target->fingerprint, fingerprint) == 0;
    if (!same && search->found++ > 0)
        return NULL;
    target->keys = keys;
    snprintf(target->fingerprint, FP, "%s", fingerprint);
    return target;
}

static void search_ring(struct search *search, const struct stored_keys *keys, bool staged)
{
    const struct ring *ring = staged ? &keys->staged : &keys->ring;
    for (size_t i = 0; i < ring_count(ring); i++) {
        char text[FP];
        ring_fingerprint(ring, i, text);
        struct target *found = match(search, keys, text);
        if (found && staged)
            found->in_staged = true;
        else if (found)
            found->in_ring = true;
    }
}

static void search_all(struct search *search, const struct stored_keys *stored, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct stored_keys *keys = &stored[i];
        search_ring(search, keys, false);
        search_ring(search, keys, true);
        for (size_t j = 0; j < keys->retired.count; j++) {
            struct target *found = match(search, keys, keys->retired.fingerprints[j]);
            if (found)
                found->is_retired = true;
        }
    }
}

static void list_place(struct error *err, const char *place, const struct managed *secret,
                       const char *fingerprints)
{
    if (*fingerprints)
        error_hint(err, "%s in %s: %s", place, secret->name, fingerprints);
}

static void list_retired(const struct retired *retired, char text[RING_SUMMARY])
{
    enum { SHOWN = 3 };
    size_t length = 0;
    *text = '\0';
    for (size_t i = 0; i < retired->count && i < SHOWN; i++) {
        snprintf(text + length, RING_SUMMARY - length, "%s%s", i > 0 ? ", " : "",
                 retired->fingerprints[i]);
        length = strlen(text);
    }
    if (retired->count > SHOWN)
        snprintf(text + length, RING_SUMMARY - length, " and %zu more", retired->count - SHOWN);
}

/* Lists the keys, so that the operator can choose one: a hint for each place that has keys. */
static void list_keys(const struct stored_keys *stored, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        char text[RING_SUMMARY];
        const struct stored_keys *keys = &stored[i];
        ring_summary(&keys->ring, text);
        list_place(err, "used", keys->secret, text);
        ring_summary(&keys->staged, text);
        list_place(err, "staged", keys->secret, text);
        list_retired(&keys->retired, text);
        list_place(err, "retired", keys->secret, text);
    }
    if (!*err->hints)
        error_hint(err, "the store has no keys: name the right one with --store DIR");
}

const struct error *stored_keys_error(const struct stored_keys *stored, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (stored[i].error.kind != ERROR_NONE)
            return &stored[i].error;
    return NULL;
}

/* If some keys could not be read, that is the error: the key may be among them. */
static int not_found(const struct stored_keys *stored, size_t count, const char *what,
                     struct error *err)
{
    const struct error *error = stored_keys_error(stored, count);
    if (error) {
        *err = *error;
        return -1;
    }
    error_input(err, "%s", what);
    error_id(err, "unknown-key");
    list_keys(stored, count, err);
    return -1;
}

int target_find(const struct stored_keys *stored, size_t count, const char *prefix,
                struct target *target, struct error *err)
{
    char what[64];
    struct search search = {.prefix = prefix, .target = target};
    *target = (struct target){0};
    search_all(&search, stored, count);
    if (search.found == 1)
        return 0;
    snprintf(what, sizeof what,
             search.found > 0 ? "%s... are several keys: give more digits" : "there is no key %s",
             prefix);
    return not_found(stored, count, what, err);
}

int target_default(enum verb verb, const struct stored_keys *stored, size_t count,
                   struct target *target, struct error *err)
{
    struct search search = {.prefix = "", .target = target};
    *target = (struct target){0};
    if (verb == VERB_RETIRE && ring_count(&stored[0].ring) > 0)
        return 0;
    if (verb == VERB_RETIRE)
        return not_found(stored, count, "there is no Fernet key", err);
    for (size_t i = 0; i < count; i++)
        search_ring(&search, &stored[i], true);
    if (search.found == 1) {
        char whole[FP];
        memcpy(whole, target->fingerprint, FP);
        return target_find(stored, count, whole, target, err);
    }
    return not_found(
        stored, count,
        search.found > 0 ? "several keys are staged: say which one" : "no key is staged", err);
}

/* --- Planning */

/* Adds the key with the fingerprint from `from`; with `others`, all keys but that one. */
static int add_some(struct ring *ring, const struct ring *from, const char *fingerprint,
                    bool others, struct error *err)
{
    for (size_t i = 0; i < ring_count(from); i++) {
        char text[FP];
        ring_fingerprint(from, i, text);
        if ((strcmp(text, fingerprint) != 0) == others &&
            ring_add(ring, ring_key(from, i), ring_width(from), err) < 0)
            return -1;
    }
    return 0;
}

static int plan_promote(const struct target *target, struct plan *plan, struct error *err)
{
    const struct stored_keys *old = target->keys;
    const struct ring *from = target->in_staged ? &old->staged : &old->ring;
    if (!target->in_staged && !target->in_ring) {
        error_refused(err, "%s is retired", target->fingerprint);
        return error_hint(err, "first bring it back: fernit key unretire %s --yes%s",
                          target->fingerprint, old->options);
    }
    plan->changes_staged = target->in_staged;
    if (add_some(&plan->moved, from, target->fingerprint, false, err) < 0 ||
        add_some(&plan->staged, &old->staged, target->fingerprint, true, err) < 0 ||
        ring_add_all(&plan->ring, &plan->moved, err) < 0 ||
        ring_add_all(&plan->ring, &old->ring, err) < 0)
        return -1;
    plan->changes_ring = !ring_same_first(&plan->ring, &old->ring);
    return old->secret->is_value && plan->changes_ring
               ? ring_add_all(&plan->retire, &old->ring, err)
               : 0;
}

/* The key in use can be retired when another one is in front: a staged one, the next of the ring, or a new one. */
static int advise_other_first(const struct stored_keys *old, struct error *err)
{
    char other[FP];
    const struct ring *from = ring_count(&old->staged) > 0 ? &old->staged : &old->ring;
    size_t index = from == &old->ring;
    if (ring_count(from) <= index)
        return error_hint(err,
                          "first give a new one in its place: \"fernit help changes\" tells how");
    ring_fingerprint(from, index, other);
    return error_hint(err,
                      "first put another one in front: fernit key promote %s --yes%s\n"
                      "then restart all processes, and run rotate-fernet-key, before you retire it",
                      other, old->options);
}

static int plan_retire_one(const struct target *target, struct plan *plan, struct error *err)
{
    const struct stored_keys *old = target->keys;
    char first[FP] = "";
    if (ring_count(&old->ring) > 0)
        ring_fingerprint(&old->ring, 0, first);
    if (strcmp(first, target->fingerprint) == 0) {
        error_refused(err, "%s is the %s that is used now", first, old->secret->title);
        error_id(err, "key-in-use");
        return advise_other_first(old, err);
    }
    plan->changes_ring = target->in_ring;
    plan->changes_staged = target->in_staged;
    const struct ring *from = target->in_ring ? &old->ring : &old->staged;
    if (add_some(&plan->moved, from, target->fingerprint, false, err) < 0 ||
        ring_add_all(&plan->retire, &plan->moved, err) < 0 ||
        add_some(&plan->ring, &old->ring, target->fingerprint, true, err) < 0)
        return -1;
    return add_some(&plan->staged, &old->staged, target->fingerprint, true, err);
}

static int plan_retire_rest(const struct stored_keys *old, struct plan *plan, struct error *err)
{
    char first[FP] = "";
    if (ring_count(&old->ring) > 0)
        ring_fingerprint(&old->ring, 0, first);
    plan->keys = old;
    plan->changes_ring = ring_count(&old->ring) > 1;
    if (add_some(&plan->ring, &old->ring, first, false, err) < 0 ||
        add_some(&plan->moved, &old->ring, first, true, err) < 0)
        return -1;
    return ring_add_all(&plan->retire, &plan->moved, err);
}

/* Refuses to retire the key that a process encrypts with if it starts with the given source: the first key there, or the
 * next one if that is staged. */
static int check_given(const struct stored_keys *old, const struct ring *retire, struct error *err)
{
    const struct source *given = old->given;
    for (size_t i = 0; given && i < ring_count(&given->ring); i++) {
        char text[FP];
        const uint8_t *key = ring_key(&given->ring, i);
        ring_fingerprint(&given->ring, i, text);
        if (ring_has(retire, key, FERNET_KEY_BYTES)) {
            error_refused(err, "%s comes from %s, and what starts with that encrypts with it", text,
                          given->name);
            error_id(err, "key-in-use");
            error_hint(err, "first give another key there, and restart all processes");
            return error_hint(err, "or, if it is meant for all: fernit key promote %s --yes%s",
                              text, old->options);
        }
        if (!ring_has(&old->staged, key, FERNET_KEY_BYTES))
            break;
    }
    return 0;
}

static int plan_unretire(const struct target *target, const struct ring *retired, struct plan *plan,
                         struct error *err)
{
    const struct stored_keys *old = target->keys;
    if (!target->is_retired)
        return 0;
    memcpy(plan->leaves_retired, target->fingerprint, FP);
    plan->changes_ring = !target->in_ring;
    const struct ring *front = old->secret->is_value ? retired : &old->ring;
    const struct ring *behind = old->secret->is_value ? &old->ring : retired;
    if (ring_add_all(&plan->moved, retired, err) < 0 || ring_add_all(&plan->ring, front, err) < 0 ||
        ring_add_all(&plan->ring, behind, err) < 0 ||
        ring_add_all(&plan->staged, &old->staged, err) < 0)
        return -1;
    return old->secret->is_value && plan->changes_ring
               ? ring_add_all(&plan->retire, &old->ring, err)
               : 0;
}

static int plan_destroy(const struct target *target, struct plan *plan, struct error *err)
{
    const char *which = target->fingerprint;
    if (target->in_ring || target->in_staged) {
        error_refused(err, "%s is %s, and only a retired key can be destroyed", which,
                      target->in_ring ? "in use" : "staged");
        error_id(err, "key-in-use");
        return error_hint(err, "first retire it: fernit key retire %s --yes%s", which,
                          target->keys->options);
    }
    memcpy(plan->leaves_retired, which, FP);
    if (ring_add_all(&plan->ring, &target->keys->ring, err) < 0)
        return -1;
    return ring_add_all(&plan->staged, &target->keys->staged, err);
}

int plan_make(enum verb verb, const struct stored_keys *stored, const struct target *target,
              const struct ring *retired, struct plan *plan, struct error *err)
{
    int result = 0;
    bool is_value = target->keys && target->keys->secret->is_value;
    *plan = (struct plan){.keys = target->keys};
    plan->moved.is_value = plan->ring.is_value = is_value;
    plan->staged.is_value = plan->retire.is_value = is_value;
    if (!target->keys)
        result = plan_retire_rest(&stored[0], plan, err);
    else if (verb == VERB_PROMOTE)
        result = plan_promote(target, plan, err);
    else if (verb == VERB_UNRETIRE)
        result = plan_unretire(target, retired, plan, err);
    else if (verb == VERB_DESTROY)
        result = plan_destroy(target, plan, err);
    else if (target->in_ring || target->in_staged)
        result = plan_retire_one(target, plan, err);
    if (result < 0 || (verb == VERB_RETIRE && check_given(plan->keys, &plan->retire, err) < 0))
        return -1;
    return plan->changes_ring || plan->changes_staged || *plan->leaves_retired;
}

void stored_keys_free(struct stored_keys *keys)
{
    ring_free(&keys->ring);
    ring_free(&keys->staged);
    retired_free(&keys->retired);
}

void plan_free(struct plan *plan)
{
    ring_free(&plan->moved);
    ring_free(&plan->ring);
    ring_free(&plan->staged);
    ring_free(&plan->retire);
}
