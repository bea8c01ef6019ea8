/* What a change makes of it all, in letters: a key each. */
#include "resolve/change.h"

#include <stdio.h>

#include "retired_keys.h"

/* What is there: Fernet keys, or one value each. */
struct there {
    bool is_value;
    const char *outside;
    const char *stored;
    const char *staged;
    const char *written[WRITTEN_MOST];
    const char *retired;
};

/* The same as rings. */
struct standing_keys {
    struct ring outside;
    struct ring stored;
    struct ring staged;
    struct ring written[WRITTEN_MOST];
    struct retired retired;
    struct change_input input;
};

static struct ring ring_from(bool is_value, const char *letters)
{
    struct ring ring = {.is_value = is_value};
    add_keys(&ring, letters ? letters : "");
    return ring;
}

static void lay_out(struct standing_keys *keys, const struct there *there)
{
    bool is_value = there->is_value;
    *keys = (struct standing_keys){.outside = ring_from(is_value, there->outside),
                                   .stored = ring_from(is_value, there->stored),
                                   .staged = ring_from(is_value, there->staged)};
    keys->input =
        (struct change_input){&keys->outside, &keys->stored, &keys->staged, {NULL}, &keys->retired};
    size_t written = 0;
    for (size_t i = 0; i < WRITTEN_MOST; i++) {
        keys->written[i] = ring_from(is_value, there->written[i]);
        if (ring_count(&keys->written[i]) > 0)
            keys->input.written[written++] = &keys->written[i];
    }
    retire_keys(&keys->retired, there->retired ? there->retired : "");
}

static void sweep(struct standing_keys *keys)
{
    ring_free(&keys->outside);
    ring_free(&keys->stored);
    ring_free(&keys->staged);
    for (size_t i = 0; i < WRITTEN_MOST; i++)
        ring_free(&keys->written[i]);
    retired_free(&keys->retired);
}

enum { LETTERS_MOST = 16 };

/* What comes of it. */
struct result {
    bool refused;
    bool changes;
    char ring[LETTERS_MOST];
    char stored[LETTERS_MOST];
    char staged[LETTERS_MOST];
    char fresh[LETTERS_MOST];
    char retires[LETTERS_MOST]; /* in the order of stored, staged, written */
};

static void copy_letters(char letters[LETTERS_MOST], const struct ring *ring)
{
    snprintf(letters, LETTERS_MOST, "%s", letters_of(ring));
}

static void retire_from(const struct change *change, const struct ring *keys,
                        const struct retired *retired, struct result *result)
{
    struct error err = {0};
    for (size_t i = 0; i < ring_count(keys); i++) {
        _cleanup_ring_ struct ring one = {.is_value = keys->is_value};
        _cleanup_ring_ struct ring retires = {.is_value = keys->is_value};
        assert_int_equal(ring_add(&one, ring_key(keys, i), ring_width(keys), &err), 0);
        assert_int_equal(change_retires(change, &one, retired, &retires, &err), 0);
        const char *letter = letters_of(&retires);
        if (*letter && !strchr(result->retires, *letter))
            strncat(result->retires, letter, LETTERS_MOST - strlen(result->retires) - 1);
    }
}

static struct result change_there(enum on_change on_change, const struct there *there)
{
    struct error err = {0};
    struct standing_keys keys;
    struct result result = {0};
    _cleanup_change_ struct change change = {0};
    _cleanup_ring_ struct ring ring = {0};
    lay_out(&keys, there);
    result.refused = change_for(on_change, &keys.input, &change, &ring, &err) != 0;
    if (result.refused && !error_says(&err, ERROR_REFUSED, "refuse"))
        fail_msg("%s", err.message);
    copy_letters(result.fresh, &change.fresh);
    if (!result.refused) {
        result.changes = change.changes;
        copy_letters(result.ring, &ring);
        copy_letters(result.stored, &change.stored);
        copy_letters(result.staged, &change.staged);
        retire_from(&change, &keys.stored, &keys.retired, &result);
        retire_from(&change, &keys.staged, &keys.retired, &result);
        for (size_t i = 0; i < WRITTEN_MOST; i++)
            retire_from(&change, &keys.written[i], &keys.retired, &result);
    }
    sweep(&keys);
    return result;
}

/* "AB -> AB +S -R": the ring; and, where anything changes, what the store is to hold, what is staged, and what is
 * retired. */
static const char *describe(const struct result *result)
{
    static char text[8 * LETTERS_MOST];
    if (result->refused)
        return "refused";
    snprintf(text, sizeof text, "%s", result->ring);
    if (result->changes)
        snprintf(text + strlen(text), sizeof text - strlen(text), " -> %s%s%s%s%s", result->stored,
                 *result->staged ? " +" : "", result->staged, *result->retires ? " -" : "",
                 result->retires);
    return text;
}

#define KEEP ON_CHANGE_KEEP
#define STAGE ON_CHANGE_STAGE
#define REFUSE ON_CHANGE_REFUSE
#define REPLACE ON_CHANGE_REPLACE

/* Fernet keys. */
static const struct {
    int line;
    enum on_change on_change;
    const char *result;
    const char *fresh;
    struct there there; /* outside, stored, staged, written, retired */
} rings[] = {
    /* Nothing from outside: the store as it is, staged keys last. */
    {ROW, KEEP, "A", "", {0, "", "A", "", {NULL}, ""}},
    {ROW, KEEP, "ABS", "", {0, "", "AB", "S", {NULL}, ""}},
    {ROW, STAGE, "AST", "", {0, "", "A", "ST", {NULL}, ""}},
    {ROW, REFUSE, "AS", "", {0, "", "A", "S", {NULL}, "R"}},
    {ROW, REPLACE, "AS", "", {0, "", "A", "S", {NULL}, "R"}},
    {ROW, KEEP, "S", "", {0, "", "", "S", {NULL}, ""}},
    {ROW, KEEP, "", "", {0, "", "", "", {NULL}, "R"}},

    /* What the store knows is no change, whatever the rule; it is first in this process alone. */
    {ROW, KEEP, "A", "", {0, "A", "A", "", {NULL}, ""}},
    {ROW, KEEP, "BA", "", {0, "B", "AB", "", {NULL}, ""}},
    {ROW, STAGE, "BAC", "", {0, "BA", "ABC", "", {NULL}, ""}},
    {ROW, REFUSE, "BAC", "", {0, "B", "ABC", "", {NULL}, ""}},
    {ROW, REPLACE, "BAC", "", {0, "B", "ABC", "", {NULL}, ""}},
    {ROW, KEEP, "BAS", "", {0, "B", "AB", "S", {NULL}, ""}},

    /* A staged key stays the last, wherever it comes from. */
    {ROW, KEEP, "AS", "", {0, "S", "A", "S", {NULL}, ""}},
    {ROW, STAGE, "AS", "", {0, "S", "A", "S", {NULL}, ""}},
    {ROW, REFUSE, "AS", "", {0, "SA", "A", "S", {NULL}, ""}},
    {ROW, REPLACE, "BAS", "", {0, "SB", "AB", "S", {NULL}, ""}},
    {ROW, KEEP, "S", "", {0, "S", "", "S", {NULL}, ""}},
    {ROW, KEEP, "AS -> A +S", "A", {0, "AS", "", "S", {NULL}, ""}},

    /* keep. */
    {ROW, KEEP, "N -> N", "N", {0, "N", "", "", {NULL}, ""}},
    {ROW, KEEP, "NA -> NA", "N", {0, "N", "A", "", {NULL}, ""}},
    {ROW, KEEP, "NMAB -> NMAB", "NM", {0, "NM", "AB", "", {NULL}, ""}},
    {ROW, KEEP, "BNA -> BNA", "N", {0, "BN", "AB", "", {NULL}, ""}},
    {ROW, KEEP, "NAS -> NA +S", "N", {0, "N", "A", "S", {NULL}, ""}},
    {ROW, KEEP, "NAS -> NA +S", "N", {0, "SN", "A", "S", {NULL}, ""}},

    /* stage; where there is nothing yet, it is the first key. */
    {ROW, STAGE, "AN -> A +N", "N", {0, "N", "A", "", {NULL}, ""}},
    {ROW, STAGE, "AN -> A +N", "N", {0, "NA", "A", "", {NULL}, ""}},
    {ROW, STAGE, "BAN -> AB +N", "N", {0, "NB", "AB", "", {NULL}, ""}},
    {ROW, STAGE, "ANS -> A +NS", "N", {0, "N", "A", "S", {NULL}, ""}},
    {ROW, STAGE, "ANMS -> A +NMS", "NM", {0, "SNM", "A", "S", {NULL}, ""}},
    {ROW, STAGE, "NM -> NM", "NM", {0, "NM", "", "", {NULL}, ""}},

    /* A retired key that stands behind one that waits does not come to encrypt: nobody else has it. */
    {ROW, STAGE, "ARN -> A +N", "N", {0, "NR", "A", "", {NULL}, "R"}},
    {ROW, STAGE, "BARN -> AB +N", "N", {0, "NRB", "AB", "", {NULL}, "R"}},
    {ROW, KEEP, "ARS", "", {0, "SR", "A", "S", {NULL}, "R"}},
    {ROW, STAGE, "RAN -> A +N", "N", {0, "RN", "A", "", {NULL}, "R"}},

    /* refuse; where there is nothing yet, there is nothing to protect. */
    {ROW, REFUSE, "refused", "N", {0, "N", "A", "", {NULL}, ""}},
    {ROW, REFUSE, "refused", "N", {0, "AN", "A", "S", {NULL}, "R"}},
    {ROW, REFUSE, "N -> N", "N", {0, "N", "", "", {NULL}, ""}},

    /* replace. */
    {ROW, REPLACE, "N -> N -A", "N", {0, "N", "A", "", {NULL}, ""}},
    {ROW, REPLACE, "NB -> NB -AC", "N", {0, "NB", "ABC", "", {NULL}, ""}},
    {ROW, REPLACE, "N -> N -B", "N", {0, "N", "AB", "", {NULL}, "A"}},
    {ROW, REPLACE, "N -> N", "N", {0, "N", "", "", {NULL}, ""}},
    {ROW, REPLACE, "NS -> N +S -A", "N", {0, "N", "A", "S", {NULL}, ""}},

    /* What was retired is served and not kept. */
    {ROW, KEEP, "RA", "", {0, "R", "A", "", {NULL}, "R"}},
    {ROW, STAGE, "RA", "", {0, "R", "A", "", {NULL}, "R"}},
    {ROW, REFUSE, "RA", "", {0, "R", "A", "", {NULL}, "R"}},
    {ROW, REPLACE, "RA", "", {0, "R", "A", "", {NULL}, "R"}},
    {ROW, KEEP, "R", "", {0, "R", "", "", {NULL}, "R"}},
    {ROW, KEEP, "RNA -> NA", "N", {0, "RN", "A", "", {NULL}, "R"}},
    {ROW, STAGE, "RAN -> A +N", "N", {0, "RN", "A", "", {NULL}, "R"}},
    {ROW, REPLACE, "RN -> N -A", "N", {0, "RN", "A", "", {NULL}, "R"}},

    /* What airflow.cfg alone holds joins the end, but what was retired. */
    {ROW, KEEP, "W -> W", "", {0, "", "", "", {"W"}, ""}},
    {ROW, KEEP, "AW -> AW", "", {0, "", "A", "", {"W"}, ""}},
    {ROW, KEEP, "AWX -> AWX", "", {0, "", "A", "", {"WA", "XW"}, ""}},
    {ROW, REFUSE, "AW -> AW", "", {0, "", "A", "", {"W"}, ""}},
    {ROW, KEEP, "AB", "", {0, "", "AB", "", {"BA"}, ""}},
    {ROW, KEEP, "AWS -> AW +S", "", {0, "", "A", "S", {"WS"}, ""}},
    {ROW, KEEP, "A", "", {0, "", "A", "", {"R"}, "R"}},
    {ROW, KEEP, "AW -> AW", "", {0, "", "A", "", {"RW"}, "R"}},
    {ROW, KEEP, "", "", {0, "", "", "", {"R"}, "R"}},
    {ROW, KEEP, "NAW -> NAW", "N", {0, "N", "A", "", {"W"}, ""}},
    {ROW, KEEP, "NA -> NA", "N", {0, "N", "A", "", {"N"}, ""}},
    {ROW, STAGE, "AWN -> AW +N", "N", {0, "N", "A", "", {"NW"}, ""}},
    {ROW, REPLACE, "NW -> NW -A", "N", {0, "N", "A", "", {"AW"}, ""}},
    {ROW, KEEP, "RAW -> AW", "", {0, "R", "A", "", {"RW"}, "R"}},

    /* What an interrupted promotion, retirement or return has left in two places. */
    {ROW, KEEP, "SA -> SA", "", {0, "", "SA", "S", {NULL}, ""}},
    {ROW, KEEP, "AS -> SA", "", {0, "A", "SA", "S", {NULL}, ""}},
    {ROW, KEEP, "SA -> SA", "", {0, "S", "SA", "S", {NULL}, ""}},
    {ROW, KEEP, "SA -> AS", "", {0, "S", "AS", "S", {NULL}, ""}},
    {ROW, KEEP, "NSA -> NSA", "N", {0, "NS", "AS", "S", {NULL}, ""}},
    {ROW, STAGE, "SAN -> AS +N", "N", {0, "NS", "AS", "S", {NULL}, ""}},
    {ROW, REPLACE, "NS -> NS -A", "N", {0, "NS", "AS", "S", {NULL}, ""}},
    {ROW, KEEP, "AB", "", {0, "", "AB", "", {NULL}, "B"}},
    {ROW, KEEP, "BA", "", {0, "B", "AB", "", {NULL}, "B"}},
    {ROW, KEEP, "AS", "", {0, "", "A", "S", {NULL}, "S"}},
};

/* The same of secrets that are one value: there is room for one. */
static const struct {
    int line;
    enum on_change on_change;
    const char *result;
    const char *fresh;
    struct there there;
} values[] = {
    {ROW, KEEP, "A", "", {1, "", "A", "", {NULL}, ""}},
    {ROW, KEEP, "A", "", {1, "", "A", "S", {NULL}, ""}},
    {ROW, KEEP, "A", "", {1, "A", "A", "S", {NULL}, "R"}},
    {ROW, KEEP, "N -> N", "N", {1, "N", "", "", {NULL}, ""}},
    {ROW, STAGE, "N -> N", "N", {1, "N", "", "", {NULL}, ""}},
    {ROW, REFUSE, "N -> N", "N", {1, "N", "", "", {NULL}, ""}},

    /* Keeping is replacing; and what goes is retired. */
    {ROW, KEEP, "N -> N -A", "N", {1, "N", "A", "", {NULL}, ""}},
    {ROW, REPLACE, "N -> N -A", "N", {1, "N", "A", "", {NULL}, ""}},
    {ROW, REPLACE, "N -> N", "N", {1, "N", "A", "", {NULL}, "A"}},
    {ROW, REFUSE, "refused", "N", {1, "N", "A", "", {NULL}, ""}},

    /* A staged one waits unseen, until the next takes its place. */
    {ROW, STAGE, "A -> A +N", "N", {1, "N", "A", "", {NULL}, ""}},
    {ROW, STAGE, "A", "", {1, "N", "A", "N", {NULL}, ""}},
    {ROW, STAGE, "A -> A +N -S", "N", {1, "N", "A", "S", {NULL}, ""}},
    {ROW, STAGE, "A -> A +N", "N", {1, "N", "A", "S", {NULL}, "S"}},
    {ROW, KEEP, "N -> N +S -A", "N", {1, "N", "A", "S", {NULL}, ""}},
    {ROW, KEEP, "A", "", {1, "S", "A", "S", {NULL}, ""}},

    /* What was retired is served, and not kept. */
    {ROW, KEEP, "R", "", {1, "R", "A", "", {NULL}, "R"}},
    {ROW, STAGE, "R", "", {1, "R", "A", "S", {NULL}, "R"}},
    {ROW, REFUSE, "R", "", {1, "R", "A", "", {NULL}, "R"}},
    {ROW, REPLACE, "R", "", {1, "R", "A", "", {NULL}, "R"}},

    /* airflow.cfg's is kept where there is none, else retired, which by itself is no change: when the file is edited. */
    {ROW, KEEP, "W -> W", "", {1, "", "", "", {"W"}, ""}},
    {ROW, KEEP, "W -> W -X", "", {1, "", "", "", {"W", "X"}, ""}},
    {ROW, KEEP, "A", "", {1, "", "A", "", {"W"}, ""}},
    {ROW, KEEP, "A", "", {1, "", "A", "", {"W", "X"}, ""}},
    {ROW, KEEP, "A", "", {1, "", "A", "", {"A", "A"}, ""}},
    {ROW, KEEP, "A", "", {1, "", "A", "S", {"S", "R"}, "R"}},
    {ROW, KEEP, "N -> N -AW", "N", {1, "N", "A", "", {"A", "W"}, ""}},
    {ROW, KEEP, "N -> N -W", "N", {1, "N", "", "", {"W"}, ""}},
    {ROW, STAGE, "A -> A +N -W", "N", {1, "N", "A", "", {"W"}, ""}},
    {ROW, KEEP, "S -> S", "", {1, "", "S", "S", {NULL}, ""}},
};

#define check_table(table)                                                                         \
    foreach(row, table) {                                                                          \
        struct result result = change_there(row->on_change, &row->there);                          \
        if (strcmp(describe(&result), row->result) != 0 || strcmp(result.fresh, row->fresh) != 0)  \
            fail_row(row, "got: %s, fresh: %s", describe(&result), result.fresh);                  \
    }

static void a_ring_grows_at_its_front_as_the_rule_has_it(void **state)
{
    (void)state;
    check_table(rings);
}

static void a_value_takes_the_place_of_another(void **state)
{
    (void)state;
    check_table(values);
}

/* What the next start finds: the store and what is retired as they are to be, and airflow.cfg as it was or, with
 * `is_delivered`, with the ring in it. */
struct next {
    struct there there;
    char stored[LETTERS_MOST];
    char staged[LETTERS_MOST];
    char written[WRITTEN_MOST][LETTERS_MOST];
    char retired[3 * LETTERS_MOST];
};

static void apply(struct next *next, const struct there *there, const struct result *result,
                  bool is_delivered)
{
    struct next now = {0};
    snprintf(now.stored, sizeof now.stored, "%s", result->stored);
    snprintf(now.staged, sizeof now.staged, "%s", result->staged);
    snprintf(now.retired, sizeof now.retired, "%s%s", there->retired, result->retires);
    for (size_t i = 0; i < WRITTEN_MOST; i++)
        snprintf(now.written[i], LETTERS_MOST, "%s",
                 is_delivered ? result->ring : there->written[i]);
    *next = now;
    next->there = (struct there){.is_value = there->is_value,
                                 .outside = there->outside,
                                 .stored = next->stored,
                                 .staged = next->staged,
                                 .written = {next->written[0], next->written[1]},
                                 .retired = next->retired};
}

static bool holds_all(const char *letters, const char *part)
{
    return !part || part[strspn(part, letters)] == '\0';
}

/* The store knows what was there, or it is retired; this process can read it all, but what is retired. */
static bool is_safe(const struct there *there, const struct result *result)
{
    char kept[6 * LETTERS_MOST];
    /* The process may end at once: the store and what is retired are all that is left. */
    snprintf(kept, sizeof kept, "%s%s%s%s", result->stored, result->staged, result->retires,
             there->retired);
    const char *const kept_parts[] = {there->stored, there->staged, there->written[0],
                                      there->written[1]};
    foreach(part, kept_parts)
        if (!holds_all(kept, *part))
            return false;
    snprintf(kept, sizeof kept, "%s%s", result->stored, result->staged);
    if (!there->is_value && !holds_all(result->ring, kept))
        return false;
    return holds_all(result->ring, there->outside) ||
           (there->is_value && holds_all(result->staged, there->outside));
}

/* Small numbers that are the same everywhere. */
static unsigned draw(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245U + 12345U;
    return (*seed >> 16) % below;
}

/* Up to `most` of the first letters, in any order. */
static void draw_letters(unsigned *seed, size_t most, char letters[LETTERS_MOST])
{
    enum { ALPHABET = 6 };
    size_t count = draw(seed, (unsigned)most + 1);
    size_t length = 0;
    while (length < count) {
        char letter = (char)('A' + draw(seed, ALPHABET));
        if (!memchr(letters, letter, length))
            letters[length++] = letter;
    }
    letters[length] = '\0';
}

struct drawn {
    struct there there;
    char letters[6][LETTERS_MOST];
};

static void draw_there(unsigned *seed, bool is_value, struct drawn *drawn)
{
    for (size_t i = 0; i < COUNT(drawn->letters); i++)
        draw_letters(seed, is_value && i < 5 ? 1 : 3, drawn->letters[i]);
    drawn->there = (struct there){
        .is_value = is_value,
        .outside = drawn->letters[0],
        .stored = drawn->letters[1],
        .staged = drawn->letters[2],
        .written = {drawn->letters[3], drawn->letters[4]},
        .retired = drawn->letters[5],
    };
}

static const char *describe_there(enum on_change on_change, const struct there *there)
{
    static const char *const names[] = {"keep", "stage", "refuse", "replace"};
    static char text[256];
    snprintf(text, sizeof text, "%s %s outside %s stored %s staged %s written %s %s retired %s",
             names[on_change], there->is_value ? "value" : "keys", there->outside, there->stored,
             there->staged, there->written[0], there->written[1], there->retired);
    return text;
}

enum { ROUNDS = 30000 };

static void no_key_is_ever_lost(void **state)
{
    (void)state;
    unsigned seed = 1;
    unsigned changed = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct drawn drawn;
        draw_there(&seed, i % 2, &drawn);
        enum on_change on_change = (enum on_change)draw(&seed, 4);
        const struct result result = change_there(on_change, &drawn.there);
        if (!result.refused && !is_safe(&drawn.there, &result))
            fail_msg("%s: %s", describe_there(on_change, &drawn.there), describe(&result));
        changed += result.changes;
    }
    assert_in_range(changed, ROUNDS / 4, ROUNDS);
}

static void a_change_that_was_made_is_none_any_more(void **state)
{
    (void)state;
    unsigned seed = 2;
    for (int i = 0; i < ROUNDS; i++) {
        struct drawn drawn;
        struct next next;
        draw_there(&seed, i % 2, &drawn);
        enum on_change on_change = (enum on_change)draw(&seed, 4);
        const struct result first = change_there(on_change, &drawn.there);
        if (first.refused)
            continue;
        apply(&next, &drawn.there, &first, draw(&seed, 2));
        const struct result again = change_there(on_change, &next.there);
        if (again.refused || again.changes || *again.fresh || strcmp(again.ring, first.ring) != 0) {
            print_error("%s: %s\n", describe_there(on_change, &drawn.there), describe(&first));
            fail_msg("and then %s: %s", describe_there(on_change, &next.there), describe(&again));
        }
    }
}

/* Each with its own outside, rule and airflow.cfg; from some start on the store stays as it is. */
static void two_deployments_at_one_store_come_to_rest(void **state)
{
    (void)state;
    enum { STARTS = 12, RESTLESS = 6 };
    unsigned seed = 3;
    for (int i = 0; i < ROUNDS / 4; i++) {
        struct drawn drawn[2];
        enum on_change rules[2];
        struct next next[2];
        for (int j = 0; j < 2; j++) {
            draw_there(&seed, i % 2, &drawn[j]);
            rules[j] = (enum on_change)draw(&seed, 4);
        }
        struct there store = drawn[0].there;
        for (int start = 0; start < STARTS; start++) {
            int who = start % 2;
            struct there there = store;
            there.outside = drawn[who].there.outside;
            for (size_t k = 0; k < WRITTEN_MOST; k++)
                there.written[k] = drawn[who].there.written[k];
            const struct result result = change_there(rules[who], &there);
            if (result.changes && start >= RESTLESS)
                fail_msg("start %d: %s: %s", start, describe_there(rules[who], &there),
                         describe(&result));
            if (result.refused)
                continue;
            apply(&next[who], &there, &result, false);
            store = next[who].there;
        }
    }
}

static void more_keys_than_a_ring_holds_are_refused_and_nothing_is_cut(void **state)
{
    (void)state;
    static const enum on_change rules[] = {KEEP, STAGE};
    foreach(rule, rules) {
        struct error err = {0};
        struct standing_keys keys;
        _cleanup_change_ struct change change = {0};
        _cleanup_ring_ struct ring ring = {0};
        const struct there there = {.outside = "N", .stored = "A", .retired = ""};
        lay_out(&keys, &there);
        for (int i = 0; i < RING_MOST - 1; i++) {
            uint8_t key[FERNET_KEY_BYTES];
            memset(key, 128 + i, sizeof key);
            assert_int_equal(ring_add(&keys.stored, key, sizeof key, &err), 0);
        }
        int result = change_for(*rule, &keys.input, &change, &ring, &err);
        sweep(&keys);
        assert_int_equal(result, -1);
        assert_true(error_says(&err, ERROR_INPUT, "more than 64 keys"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_grows_at_its_front_as_the_rule_has_it),
        cmocka_unit_test(a_value_takes_the_place_of_another),
        cmocka_unit_test(no_key_is_ever_lost),
        cmocka_unit_test(a_change_that_was_made_is_none_any_more),
        cmocka_unit_test(two_deployments_at_one_store_come_to_rest),
        cmocka_unit_test(more_keys_than_a_ring_holds_are_refused_and_nothing_is_cut),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
