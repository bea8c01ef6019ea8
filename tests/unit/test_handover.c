#include "process/handover.h"

#include <signal.h>
#include <stdio.h>

#include "table.h"

static struct watch plain(void)
{
    struct watch watch = {.child = 7, .terminal = -1, .loudness = 1};
    watch.settings.scope = SCOPE_GROUP;
    for (unsigned i = 0; i < SIGNAL_COUNT; i++)
        watch.settings.rewrite[i] = (uint8_t)i;
    return watch;
}

static struct watch everything(void)
{
    struct watch watch = {.child = INT32_MAX,
                          .terminal = 1023,
                          .has_foreground = true,
                          .loudness = 2,
                          .format = LOG_JSON};
    watch.settings = (struct supervision){
        .scope = SCOPE_CHILD,
        .good_statuses = {UINT64_MAX, 1, 0, UINT64_MAX},
        .grace = 86400000,
        .term_delay = 1,
    };
    for (unsigned i = 1; i < SIGNAL_COUNT; i++)
        watch.settings.rewrite[i] = (uint8_t)(64 - i);
    return watch;
}

static void what_is_read_is_what_was_written(void **state)
{
    (void)state;
    const struct watch table[] = {plain(), everything()};
    foreach(row, table) {
        struct error err = {0};
        struct watch got;
        char word[HANDOVER_LENGTH];
        handover_write(row, word);
        if (!handover_is(word) || handover_read(word, &got, &err) < 0)
            fail_msg("%s: %s", word, err.message);
        const struct supervision *a = &row->settings;
        const struct supervision *b = &got.settings;
        if (got.child != row->child || got.terminal != row->terminal ||
            got.loudness != row->loudness || got.format != row->format || a->scope != b->scope ||
            got.has_foreground != row->has_foreground || a->grace != b->grace ||
            a->term_delay != b->term_delay ||
            memcmp(a->good_statuses, b->good_statuses, sizeof a->good_statuses) != 0 ||
            memcmp(a->rewrite, b->rewrite, sizeof a->rewrite) != 0)
            fail_msg("%s came out otherwise", word);
    }
}

static void a_plain_word_is_short_enough_for_ps(void **state)
{
    (void)state;
    char word[HANDOVER_LENGTH];
    const struct watch watch = plain();
    handover_write(&watch, word);
    assert_true(strlen(word) < 64);
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    const struct watch watch = plain();
    char word[HANDOVER_LENGTH];
    handover_write(&watch, word);
    struct error err = {0};
    struct watch got;
    for (size_t length = 0; length < strlen(word); length++) {
        char cut[HANDOVER_LENGTH];
        snprintf(cut, sizeof cut, "%.*s", (int)length, word);
        if (handover_read(cut, &got, &err) == 0)
            fail_msg("%s was taken", cut);
    }
    static const char *const behind[] = {
        ":", ":1", ":1:", ":65:1", ":1:65", ":1:2:3", " ", "x", ":-1:1", ":1:2\n", ":+1:2",
    };
    foreach(row, behind) {
        char longer[HANDOVER_LENGTH + 8];
        snprintf(longer, sizeof longer, "%s%s", word, *row);
        if (handover_read(longer, &got, &err) == 0 || !error_says(&err, ERROR_USAGE, "supervise:"))
            fail_msg("\"%s\" was taken: %s", longer, err.message);
    }
    static const char *const others[] = {
        "supervise:9.9.9:7:0:1:0:2:0:0:0:0:0:0:0",
        "supervise:",
        "supervise:" FERNIT_VERSION,
        "supervise:" FERNIT_VERSION ":7:0:1:0:9:0:0:0:0:0:0:0",
        "supervise:" FERNIT_VERSION ":7:0:1:2:2:0:0:0:0:0:0:0",
        "supervise:" FERNIT_VERSION ":7:0:1:0:2:2:0:0:0:0:0:0",
        "supervise:" FERNIT_VERSION ":2147483648:0:1:0:2:0:0:0:0:0:0:0",
        "supervise:" FERNIT_VERSION ":7:0:1:0:2:0:9223372036854775808:0:0:0:0:0",
        "supervise:" FERNIT_VERSION ":7:0:1:0:2:0:0:0:18446744073709551616:0:0:0",
    };
    foreach(row, others)
        if (handover_read(*row, &got, &err) == 0)
            fail_msg("\"%s\" was taken", *row);
}

static void only_a_word_that_begins_so_is_meant(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        bool is;
    } table[] = {
        {"supervise:", true}, {"supervise:x", true}, {"supervise", false},  {"run", false},
        {"", false},          {NULL, false},         {"Supervise:", false},
    };
    foreach(row, table)
        if (handover_is(row->word) != row->is)
            fail_msg("%s", row->word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_what_was_written),
        cmocka_unit_test(a_plain_word_is_short_enough_for_ps),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(only_a_word_that_begins_so_is_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
