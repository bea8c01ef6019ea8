#include "resolve/change.h"

#include "base/error.h"

int ring_of_retired(const struct ring *keys, const struct retired *retired, bool are,
                    struct ring *found, struct error *err)
{
    for (size_t i = 0; i < ring_count(keys); i++) {
        char text[FINGERPRINT_TEXT + 1];
        ring_fingerprint(keys, i, text);
        if (retired_has(retired, text) == are &&
            ring_add(found, ring_key(keys, i), ring_width(keys), err) < 0)
            return -1;
    }
    return 0;
}

/* The new keys: those from outside that the store has never seen. */
static int find_fresh(const struct change_input *input, struct ring *fresh, struct error *err)
{
    _cleanup_ring_ struct ring unseen = {.is_value = fresh->is_value};
    _cleanup_ring_ struct ring unstored = {.is_value = fresh->is_value};
    if (ring_add_less(&unstored, input->outside, input->stored, err) < 0 ||
        ring_add_less(&unseen, &unstored, input->staged, err) < 0)
        return -1;
    return ring_of_retired(&unseen, input->retired, false, fresh, err);
}

/* The store's ring and its staged keys after the change. `front` has the keys from outside that are not staged and
 * will not be. */
static int change_store(enum on_change on_change, const struct change_input *input,
                        const struct ring *front, struct change *change, struct error *err)
{
    bool has_fresh = ring_count(&change->fresh) > 0;
    bool stages = on_change == ON_CHANGE_STAGE && ring_count(input->stored) > 0;
    if (has_fresh && !stages &&
        ring_of_retired(front, input->retired, false, &change->stored, err) < 0)
        return -1;
    bool replaces = has_fresh && on_change == ON_CHANGE_REPLACE;
    if (!replaces && ring_add_all(&change->stored, input->stored, err) < 0)
        return -1;
    if (has_fresh && stages && ring_add_all(&change->staged, &change->fresh, err) < 0)
        return -1;
    return ring_add_less(&change->staged, input->staged, &change->stored, err);
}

static int find_front(enum on_change on_change, const struct change_input *input,
                      const struct ring *fresh, struct ring *front, struct error *err)
{
    _cleanup_ring_ struct ring unstaged = {.is_value = front->is_value};
    if (ring_add_less(&unstaged, input->outside, input->staged, err) < 0)
        return -1;
    if (on_change == ON_CHANGE_STAGE && ring_count(input->stored) > 0)
        return ring_add_less(front, &unstaged, fresh, err);
    return ring_add_all(front, &unstaged, err);
}

int change_retires(const struct change *change, const struct ring *keys,
                   const struct retired *retired, struct ring *retires, struct error *err)
{
    _cleanup_ring_ struct ring unstored = {.is_value = keys->is_value};
    _cleanup_ring_ struct ring left = {.is_value = keys->is_value};
    if (ring_add_less(&unstored, keys, &change->stored, err) < 0 ||
        ring_add_less(&left, &unstored, &change->staged, err) < 0)
        return -1;
    return ring_of_retired(&left, retired, false, retires, err);
}

static int note_changes(const struct change_input *input, struct change *change, struct error *err)
{
    _cleanup_ring_ struct ring retires = {.is_value = change->stored.is_value};
    if (change_retires(change, input->stored, input->retired, &retires, err) < 0 ||
        change_retires(change, input->staged, input->retired, &retires, err) < 0)
        return -1;
    bool stays = ring_count(&retires) == 0 && ring_is_same(&change->stored, input->stored);
    change->changes = !stays || !ring_is_same(&change->staged, input->staged);
    change->can_wait = stays && ring_covers(input->staged, &change->staged);
    return 0;
}

/* Keys that only airflow.cfg has join the end of the ring. Those that the store has are in the change already, or
 * will be retired. */
static int join_written(const struct change_input *input, struct change *change, struct error *err)
{
    for (size_t i = 0; i < WRITTEN_MOST && input->written[i]; i++) {
        _cleanup_ring_ struct ring joins = {.is_value = change->stored.is_value};
        _cleanup_ring_ struct ring unknown = {.is_value = change->stored.is_value};
        if (ring_add_less(&unknown, input->written[i], input->stored, err) < 0 ||
            ring_of_retired(&unknown, input->retired, false, &joins, err) < 0 ||
            ring_add_less(&change->stored, &joins, &change->staged, err) < 0)
            return -1;
    }
    return 0;
}

/* Keys from outside first, then the store's, staged ones last. The first key encrypts, so every process must be able
 * to read it: where the first key from outside is staged (S), the next one (A) is first only if the store has it.
 * Outside S,A and store B: B,A,S. Outside S,A and store B,A: A,B,S. */
static int order_ring(const struct change_input *now, const struct ring *front,
                      const struct change *change, struct ring *ring, struct error *err)
{
    bool is_first = ring_count(front) == 0 || ring_same_first(front, now->outside);
    _cleanup_ring_ struct ring unstored = {.is_value = ring->is_value};
    _cleanup_ring_ struct ring known = {.is_value = ring->is_value};
    if (ring_add_less(&unstored, front, &change->stored, err) < 0 ||
        ring_add_less(&known, front, &unstored, err) < 0 ||
        ring_add_all(ring, is_first ? front : &known, err) < 0 ||
        ring_add_less(ring, &change->stored, &change->staged, err) < 0 ||
        ring_add_all(ring, front, err) < 0)
        return -1;
    return ring_add_all(ring, &change->staged, err);
}

int change_for(enum on_change on_change, const struct change_input *input, struct change *change,
               struct ring *ring, struct error *err)
{
    bool is_value = input->stored->is_value;
    _cleanup_ring_ struct ring front = {.is_value = is_value};
    _cleanup_ring_ struct ring waiting = {.is_value = is_value};
    struct change_input now = *input;
    *change = (struct change){.stored = {.is_value = is_value},
                              .staged = {.is_value = is_value},
                              .fresh = {.is_value = is_value}};
    ring->is_value = is_value;
    /* A key that is in the ring and staged is no longer staged: a promotion was interrupted. */
    now.staged = &waiting;
    if (ring_add_less(&waiting, input->staged, input->stored, err) < 0 ||
        find_fresh(&now, &change->fresh, err) < 0)
        return -1;
    bool has_fresh = ring_count(&change->fresh) > 0;
    if (has_fresh && on_change == ON_CHANGE_REFUSE && ring_count(now.stored) > 0)
        return error_refused(err, "is new, and --on-change is refuse");

    if (find_front(on_change, &now, &change->fresh, &front, err) < 0 ||
        change_store(on_change, &now, &front, change, err) < 0 ||
        join_written(&now, change, err) < 0)
        return -1;
    if (order_ring(&now, &front, change, ring, err) < 0)
        return -1;
    return note_changes(input, change, err);
}

void change_free(struct change *change)
{
    ring_free(&change->stored);
    ring_free(&change->staged);
    ring_free(&change->fresh);
}
