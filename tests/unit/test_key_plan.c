#include "command/key_plan.h"

#include <ctype.h>
#include <stdio.h>

#include "rings.h"

/* Of key A. */
static const char *fingerprint_of(char letter)
{
    static char texts[4][FP];
    static unsigned next;
    char *text = texts[next++ % COUNT(texts)];
    uint8_t key[FERNET_KEY_BYTES];
    memset(key, letter, sizeof key);
    fingerprint(key, sizeof key, text);
    return text;
}

static void retire_letters(struct retired *retired, const char *letters)
{
    retired->fingerprints = calloc(strlen(letters) + 1, sizeof *retired->fingerprints);
    for (; *letters; letters++)
        memcpy(retired->fingerprints[retired->count++], fingerprint_of(*letters), FP);
}

/* The stored keys of the Fernet key, and of a secret that is one value, which no row is about. */
static void store(struct stored_keys stored[2], const char *ring, const char *staged,
                  const char *retired)
{
    struct error err = {0};
    memset(stored, 0, 2 * sizeof *stored);
    stored[0].secret = MANAGED_FERNET_KEY;
    stored[0].options = stored[1].options = "";
    add_keys(&stored[0].ring, ring);
    add_keys(&stored[0].staged, staged);
    retire_letters(&stored[0].retired, retired);
    stored[1].secret = &managed_secrets[1];
    stored[1].ring.is_value = stored[1].staged.is_value = true;
    assert_int_equal(ring_parse(&stored[1].ring, "a value", 7, &err), 0);
}

static void free_both(struct stored_keys stored[2])
{
    stored_keys_free(&stored[0]);
    stored_keys_free(&stored[1]);
}

static const struct {
    int line;
    enum verb verb;
    const char *ring;
    const char *staged;
    const char *retired;
    char key; /* 0: no fingerprint was given */
    int result;
    const char *ring_then;
    const char *staged_then;
    const char *retires;
    const char *leaves; /* retired/ */
    const char *says;
} plans[] = {
    {ROW, VERB_PROMOTE, "A", "B", "", 0, 1, "BA", "", "", "", NULL},
    {ROW, VERB_PROMOTE, "A", "B", "", 'B', 1, "BA", "", "", "", NULL},
    {ROW, VERB_PROMOTE, "A", "BC", "", 'C', 1, "CA", "B", "", "", NULL},
    {ROW, VERB_PROMOTE, "A", "BC", "", 0, -1, "", "", "", "", "several keys are staged"},
    {ROW, VERB_PROMOTE, "A", "", "", 0, -1, "", "", "", "", "no key is staged"},
    {ROW, VERB_PROMOTE, "ABC", "", "", 'C', 1, "CAB", "", "", "", NULL},
    {ROW, VERB_PROMOTE, "A", "", "", 'A', 0, "A", "", "", "", NULL},
    {ROW, VERB_PROMOTE, "A", "", "B", 'B', -1, "", "", "", "", "fernit key unretire"},
    {ROW, VERB_PROMOTE, "A", "", "", 'D', -1, "", "", "", "", "there is no key"},
    {ROW, VERB_PROMOTE, "", "B", "", 'B', 1, "B", "", "", "", NULL},
    {ROW, VERB_PROMOTE, "", "BC", "", 'C', 1, "C", "B", "", "", NULL},
    /* What a crash between the two writes has left. */
    {ROW, VERB_PROMOTE, "BA", "B", "", 'B', 1, "BA", "", "", "", NULL},

    {ROW, VERB_RETIRE, "ABC", "D", "", 0, 1, "A", "D", "BC", "", NULL},
    {ROW, VERB_RETIRE, "A", "D", "", 0, 0, "A", "D", "", "", NULL},
    {ROW, VERB_RETIRE, "", "D", "", 0, -1, "", "", "", "", "there is no Fernet key"},
    {ROW, VERB_RETIRE, "ABC", "", "", 'B', 1, "AC", "", "B", "", NULL},
    {ROW, VERB_RETIRE, "ABC", "", "", 'A', -1, "", "", "", "",
     "in front: fernit key promote c77f48f3771072be --yes"},
    {ROW, VERB_RETIRE, "A", "B", "", 'A', -1, "", "", "", "",
     "in front: fernit key promote c77f48f3771072be --yes"},
    {ROW, VERB_RETIRE, "A", "", "", 'A', -1, "", "", "", "", "first give a new one in its place"},
    {ROW, VERB_RETIRE, "A", "BC", "", 'B', 1, "A", "C", "B", "", NULL},
    {ROW, VERB_RETIRE, "AB", "B", "", 'B', 1, "A", "", "B", "", NULL},
    {ROW, VERB_RETIRE, "A", "", "B", 'B', 0, "", "", "", "", NULL},
    {ROW, VERB_RETIRE, "AB", "", "B", 'B', 1, "A", "", "B", "", NULL},

    {ROW, VERB_UNRETIRE, "AB", "C", "D", 'D', 1, "ABD", "C", "", "D", NULL},
    {ROW, VERB_UNRETIRE, "A", "", "", 'A', 0, "", "", "", "", NULL},
    {ROW, VERB_UNRETIRE, "AD", "", "D", 'D', 1, "AD", "", "", "D", NULL},
    {ROW, VERB_UNRETIRE, "", "", "D", 'D', 1, "D", "", "", "D", NULL},
    {ROW, VERB_UNRETIRE, "", "C", "D", 'D', 1, "D", "C", "", "D", NULL},

    {ROW, VERB_DESTROY, "A", "C", "D", 'D', 1, "A", "C", "", "D", NULL},
    {ROW, VERB_DESTROY, "AD", "", "D", 'D', -1, "", "", "", "", "is in use"},
    {ROW, VERB_DESTROY, "A", "D", "D", 'D', -1, "", "", "", "", "is staged"},
    {ROW, VERB_DESTROY, "A", "", "", 'D', -1, "", "", "", "", "there is no key"},
};

static void each_command_moves_a_key_and_loses_none(void **state)
{
    (void)state;
    foreach(row, plans) {
        struct error err = {0};
        struct target target;
        struct stored_keys stored[2];
        _cleanup_plan_ struct plan plan = {0};
        _cleanup_ring_ struct ring retired = {0};
        store(stored, row->ring, row->staged, row->retired);
        const char letters[] = {row->key, '\0'};
        if (row->verb == VERB_UNRETIRE)
            add_keys(&retired, letters);
        int result = row->key ? target_find(stored, 2, fingerprint_of(row->key), &target, &err)
                              : target_default(row->verb, stored, 2, &target, &err);
        if (result == 0)
            result = plan_make(row->verb, stored, &target, &retired, &plan, &err);
        if (result != row->result ||
            (row->says && !strstr(err.message, row->says) && !strstr(err.hints, row->says)))
            fail_row(row, "%d: %s; %s", result, err.message, err.hints);
        const char *leaves = row->leaves[0] ? fingerprint_of(row->leaves[0]) : "";
        if (result == 1 && (strcmp(letters_of(&plan.ring), row->ring_then) != 0 ||
                            strcmp(plan.leaves_retired, leaves) != 0))
            fail_row(row, "ring %s", letters_of(&plan.ring));
        if (result == 1 && plan.changes_staged &&
            strcmp(letters_of(&plan.staged), row->staged_then) != 0)
            fail_row(row, "staged %s", letters_of(&plan.staged));
        if (result == 1 && !plan.changes_staged && strcmp(row->staged, row->staged_then) != 0)
            fail_row(row, "staged is not changed");
        if (result == 1 && strcmp(letters_of(&plan.retire), row->retires) != 0)
            fail_row(row, "retires %s", letters_of(&plan.retire));
        free_both(stored);
    }
}

static const struct {
    int line;
    char key;          /* 0: all but the first */
    char kept;         /* what it is refused for; 0: it is not */
    const char *given; /* from outside the store */
    const char *ring;
    const char *staged;
} given[] = {
    {ROW, 0, 0, "A", "ABC", ""},
    {ROW, 0, 'B', "B", "ABC", ""},
    {ROW, 'B', 'B', "B", "ABC", ""},
    {ROW, 'C', 0, "B", "ABC", ""},
    {ROW, 'C', 0, "BC", "ABC", ""},
    {ROW, 0, 0, "AB", "AB", ""},
    {ROW, 0, 0, "N", "AB", ""},
    /* What waits is not used yet, and would be as soon as it is retired. */
    {ROW, 'S', 'S', "S", "AB", "S"},
    {ROW, 0, 'B', "SB", "AB", "S"},
    {ROW, 'R', 0, "SB", "AB", "SR"},
};

static void what_is_given_first_from_outside_is_not_retired(void **state)
{
    (void)state;
    foreach(row, given) {
        struct error err = {0};
        struct target target;
        struct stored_keys stored[2];
        struct source outside = {
            .kind = SOURCE_BARE, .finding = FOUND_KEYS, .name = "THE_VARIABLE"};
        _cleanup_plan_ struct plan plan = {0};
        const struct ring none = {0};
        store(stored, row->ring, row->staged, "");
        add_keys(&outside.ring, row->given);
        stored[0].given = &outside;
        int found = row->key ? target_find(stored, 2, fingerprint_of(row->key), &target, &err)
                             : target_default(VERB_RETIRE, stored, 2, &target, &err);
        assert_int_equal(found, 0);
        int result = plan_make(VERB_RETIRE, stored, &target, &none, &plan, &err);
        char says[64];
        snprintf(says, sizeof says, "%s comes from THE_VARIABLE",
                 row->kept ? fingerprint_of(row->kept) : "");
        if (result != (row->kept ? -1 : 1) || (row->kept && !error_says(&err, ERROR_REFUSED, says)))
            fail_row(row, "%d: %s", result, err.message);
        ring_free(&outside.ring);
        free_both(stored);
    }
}

/* The text of the one value. */
static bool is_value(const struct ring *ring, const char *text)
{
    return ring->keys.length == strlen(text) && memcmp(ring->keys.bytes, text, strlen(text)) == 0;
}

static void a_value_takes_the_place_of_the_one_that_is_retired(void **state)
{
    (void)state;
    for (int unretire = 0; unretire < 2; unretire++) {
        char text[FP];
        struct error err = {0};
        struct target target;
        struct stored_keys stored[2];
        _cleanup_plan_ struct plan plan = {0};
        _cleanup_ring_ struct ring other = {.is_value = true};
        store(stored, "A", "", "");
        assert_int_equal(ring_parse(&other, "other", 5, &err), 0);
        fingerprint("other", 5, text);
        if (unretire) {
            stored[1].retired.fingerprints = calloc(1, FP);
            memcpy(stored[1].retired.fingerprints[stored[1].retired.count++], text, FP);
        } else {
            assert_int_equal(ring_add_all(&stored[1].staged, &other, &err), 0);
        }
        text[5] = '\0';
        text[0] = (char)toupper(text[0]);
        assert_int_equal(target_find(stored, 2, text, &target, &err), 0);
        assert_ptr_equal(target.keys, &stored[1]);
        enum verb verb = unretire ? VERB_UNRETIRE : VERB_PROMOTE;
        assert_int_equal(plan_make(verb, stored, &target, &other, &plan, &err), 1);
        assert_true(is_value(&plan.ring, "other"));
        assert_true(is_value(&plan.retire, "a value"));
        assert_int_equal(ring_count(&plan.staged), 0);
        free_both(stored);
    }
}

static void a_part_of_a_fingerprint_must_be_of_one_key(void **state)
{
    (void)state;
    struct error err = {0};
    struct target target;
    struct stored_keys stored[2];
    store(stored, "A", "", "");
    free(stored[0].retired.fingerprints);
    stored[0].retired.fingerprints = calloc(2, FP);
    stored[0].retired.count = 2;
    memcpy(stored[0].retired.fingerprints[0], "0123456789abcdef", FP);
    memcpy(stored[0].retired.fingerprints[1], "0123ffff89abcdef", FP);
    assert_int_equal(target_find(stored, 2, "0123", &target, &err), -1);
    assert_true(error_says(&err, ERROR_INPUT, "0123... are several keys"));
    assert_non_null(strstr(err.hints, "retired in fernet_key: 0123456789abcdef, 0123ffff89abcdef"));
    assert_int_equal(target_find(stored, 2, "01234", &target, &err), 0);
    assert_string_equal(target.fingerprint, "0123456789abcdef");

    /* What cannot be read might have it. */
    error_input(&stored[1].error, "the other is damaged");
    assert_int_equal(target_find(stored, 2, "0123f", &target, &err), 0);
    assert_int_equal(target_find(stored, 2, "eeee", &target, &err), -1);
    assert_true(error_says(&err, ERROR_INPUT, "the other is damaged"));
    free_both(stored);
}

static void a_fingerprint_has_4_to_16_hex_digits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is;
    } table[] = {{"0123", true},
                 {"012", false},
                 {"", false},
                 {"abcdEF09", true},
                 {"abcg", false},
                 {"0123456789abcdef", true},
                 {"0123456789abcdef0", false},
                 {" 0123", false}};
    foreach(row, table)
        if (is_fingerprint_prefix(row->text) != row->is)
            fail_msg("\"%s\"", row->text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_command_moves_a_key_and_loses_none),
        cmocka_unit_test(what_is_given_first_from_outside_is_not_retired),
        cmocka_unit_test(a_value_takes_the_place_of_the_one_that_is_retired),
        cmocka_unit_test(a_part_of_a_fingerprint_must_be_of_one_key),
        cmocka_unit_test(a_fingerprint_has_4_to_16_hex_digits),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
