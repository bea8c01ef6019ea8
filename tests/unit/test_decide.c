/* A survey in one line: "var=A store=BC cfg=$" is AIRFLOW__CORE__FERNET_KEY with the key A, a store with B
 * and C, an airflow.cfg with a placeholder, and nothing anywhere else. */
#include "resolve/decide.h"

#include <stdio.h>
#include <stdlib.h>

#include "rings.h"

/* Every place, in the order of a real survey. */
static const struct {
    const char *name;
    enum way way;
} places[] = {
    {"var", WAY_VARIABLE}, {"cmd", WAY_COMMAND}, {"secret", WAY_COMMAND}, {"bare", WAY_BARE},
    {"afile", WAY_FILE},   {"bfile", WAY_FILE},  {"sfile", WAY_FILE},     {"run1", WAY_FILE},
    {"run2", WAY_FILE},    {"run3", WAY_FILE},   {"run4", WAY_FILE},      {"store", WAY_STORE},
    {"cfg", WAY_CFG},      {"cfgcmd", WAY_CFG},  {"cfgsecret", WAY_CFG},
};

/* What may stand behind "=": keys in capital letters (P is one that everybody knows), or one of these;
 * then "r", readable by all, and "m", without modes. */
static const struct {
    const char *text;
    enum finding finding;
    bool fatal;
} findings[] = {
    {"!!", FOUND_BROKEN, true},       {"!", FOUND_BROKEN, false},
    {"0", FOUND_EMPTY, false},        {"@", FOUND_SECRET, false},
    {"?", FOUND_COMMAND, false},      {"own", FOUND_OWN_STORE, false},
    {"...", FOUND_UNFINISHED, false}, {"$", FOUND_PLACEHOLDER, false},
};

static const char PUBLISHED[] = "46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho=";

static void find(struct source *source, const char *text)
{
    struct error err = {0};
    foreach(row, findings)
        if (strncmp(text, row->text, strlen(row->text)) == 0) {
            source->finding = row->finding;
            source->fatal = row->fatal;
            if (row->finding == FOUND_BROKEN) {
                source->error = calloc(1, sizeof *source->error);
                assert_non_null(source->error);
                error_input(source->error, "%s: is broken", source->name);
            }
            return;
        }
    source->finding = FOUND_KEYS;
    for (; *text >= 'A' && *text <= 'Z'; text++) {
        const char letter[] = {*text, '\0'};
        if (*text == 'P')
            assert_int_equal(ring_parse(&source->ring, PUBLISHED, strlen(PUBLISHED), &err), 0);
        else
            add_keys(&source->ring, letter);
    }
    source->by_command = strstr(source->name, "cmd") != NULL;
    source->readable_by_all = strchr(text, 'r') != NULL;
    source->modeless = strchr(text, 'm') != NULL;
}

static void make_survey(struct survey *survey, const char *text)
{
    char words[256];
    char *save = NULL;
    struct source *sources = calloc(COUNT(places), sizeof *sources);
    *survey = (struct survey){.sources = sources, .count = COUNT(places), .room = COUNT(places)};
    for (size_t i = 0; i < COUNT(places); i++) {
        sources[i].way = places[i].way;
        sources[i].name = places[i].name;
    }
    snprintf(words, sizeof words, "%s", text);
    for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');
        size_t i = 0;
        assert_non_null(value);
        *value++ = '\0';
        while (i < COUNT(places) && strcmp(places[i].name, word) != 0)
            i++;
        if (i == COUNT(places))
            fail_msg("there is no place %s", word);
        find(&survey->sources[i], value);
    }
}

/* The decision in one line: "use var AB, changed store", remarks sorted by their source. */
static const char *describe(const struct survey *survey, const struct decision *decision)
{
    static const char *const actions[] = {
        [ACTION_USE] = "use",       [ACTION_ADOPT] = "adopt",     [ACTION_GENERATE] = "generate",
        [ACTION_SECRET] = "secret", [ACTION_UNKNOWN] = "unknown",
    };
    static const char *const kinds[] = {
        [REMARK_EMPTY] = "empty",       [REMARK_BROKEN] = "broken",
        [REMARK_PASSED] = "passed",     [REMARK_OTHER] = "other",
        [REMARK_CHANGED] = "changed",   [REMARK_PUBLISHED] = "published",
        [REMARK_READABLE] = "readable", [REMARK_MODELESS] = "modeless",
    };
    static char text[1024];
    const char *winner = decision->winner ? decision->winner->name : "-";
    snprintf(text, sizeof text, "%s %s %s", actions[decision->action], winner,
             letters_of(&decision->ring));
    for (size_t i = 0; i < survey->count; i++)
        for (size_t j = 0; j < decision->remark_count; j++)
            if (decision->remarks[j].source == &survey->sources[i])
                snprintf(text + strlen(text), sizeof text - strlen(text), ", %s %s",
                         kinds[decision->remarks[j].kind], survey->sources[i].name);
    return text;
}

static const struct {
    int line;
    const char *survey;
    const char *decision;
} right[] = {
    /* Nothing that holds a value: a key is made. */
    {ROW, "", "generate - "},
    {ROW, "var=0", "generate - , empty var"},
    {ROW, "var=0 cmd=0 secret=0 bare=0 afile=0 bfile=0",
     "generate - , empty var, empty cmd, empty secret, empty bare, empty afile, empty bfile"},
    {ROW, "cfg=0", "generate - , empty cfg"},
    {ROW, "cfg=$", "generate - "},
    {ROW, "cmd=own", "generate - "},
    {ROW, "cfgcmd=own", "generate - "},
    {ROW, "cmd=own cfgcmd=own cfg=0", "generate - , empty cfg"},
    {ROW, "store=...", "generate - "},
    {ROW, "var=0 store=... cfg=$", "generate - , empty var"},

    /* One that does. */
    {ROW, "var=A", "use var A"},
    {ROW, "cmd=A", "use cmd A"},
    {ROW, "bare=A", "use bare A"},
    {ROW, "afile=A", "use afile A"},
    {ROW, "bfile=A", "use bfile A"},
    {ROW, "sfile=A", "use sfile A"},
    {ROW, "run4=A", "use run4 A"},
    {ROW, "store=A", "use store A"},
    {ROW, "cfg=A", "adopt cfg A"},
    {ROW, "cfgcmd=A", "use cfgcmd A"},
    {ROW, "secret=@", "secret secret "},
    {ROW, "cfgsecret=@", "secret cfgsecret "},
    {ROW, "cmd=?", "unknown cmd "},
    {ROW, "cfgcmd=?", "unknown cfgcmd "},
    {ROW, "var=ABC", "use var ABC"},

    /* One that does, and others that are set to nothing or do not count. */
    {ROW, "var=0 bare=A", "use bare A, empty var"},
    {ROW, "var=A bare=0 cfg=0", "use var A, empty bare, empty cfg"},
    {ROW, "var=0 secret=@", "secret secret , empty var"},
    {ROW, "secret=@ bare=0", "secret secret , empty bare"},
    {ROW, "cfg=0 cfgsecret=@", "secret cfgsecret , empty cfg"},
    {ROW, "cfg=0 cfgcmd=A", "use cfgcmd A, empty cfg"},
    {ROW, "cfg=$ cfgcmd=A", "use cfgcmd A"},
    {ROW, "cmd=own store=A", "use store A"},
    {ROW, "store=... cfg=A", "adopt cfg A"},
    {ROW, "store=... var=A", "use var A"},
    {ROW, "store=A cfg=$", "use store A"},
    {ROW, "store=A cfg=0", "use store A, empty cfg"},
    {ROW, "store=A cfgcmd=own", "use store A"},
    {ROW, "var=A cmd=? secret=@ cfgcmd=? cfgsecret=@", "use var A"},
    {ROW, "cmd=A secret=@", "use cmd A"},
    {ROW, "cfg=A cfgcmd=? cfgsecret=@", "adopt cfg A"},
    {ROW, "cfgcmd=A cfgsecret=@", "use cfgcmd A"},

    /* What Airflow would have used without us, or has used so far. */
    {ROW, "bare=A cfgcmd=?", "use bare A, passed cfgcmd"},
    {ROW, "bfile=A cfgcmd=? cfgsecret=@", "use bfile A, passed cfgcmd, passed cfgsecret"},
    {ROW, "store=A cfgsecret=@", "use store A, passed cfgsecret"},
    {ROW, "store=A cfgcmd=?", "use store A, passed cfgcmd"},
    {ROW, "cmd=A cfgcmd=? cfgsecret=@", "use cmd A"},
    {ROW, "secret=@ bare=A", "secret secret , passed bare"},
    {ROW, "secret=@ store=A", "secret secret , passed store"},
    {ROW, "secret=@ cfgcmd=? cfgsecret=@", "secret secret "},

    /* From outside and the store: what is outside encrypts, what was there stays behind it. */
    {ROW, "var=A store=A", "use var A"},
    {ROW, "var=A store=B", "use var AB, changed store"},
    {ROW, "cmd=A store=B", "use cmd AB, changed store"},
    {ROW, "bare=A store=B", "use bare AB, changed store"},
    {ROW, "afile=A store=B", "use afile AB, changed store"},
    {ROW, "run1=A store=BC", "use run1 ABC, changed store"},
    {ROW, "var=A store=AB", "use var AB"},
    {ROW, "var=B store=AB", "use var BA"},
    {ROW, "var=BA store=AB", "use var BA"},
    {ROW, "var=AB store=A", "use var AB, changed store"},
    {ROW, "var=AC store=BC", "use var ACB, changed store"},

    /* Two that differ: the second is warned of, unless the ring has its keys anyway. */
    {ROW, "var=A bare=A", "use var A"},
    {ROW, "var=A bare=B", "use var A, other bare"},
    {ROW, "var=A bare=AB", "use var A, other bare"},
    {ROW, "var=AB bare=B", "use var AB"},
    {ROW, "var=A bare=B store=B", "use var AB, changed store"},
    {ROW, "var=A bare=B afile=C run1=D", "use var A, other bare, other afile, other run1"},
    {ROW, "sfile=A run1=B run2=A", "use sfile A, other run1"},

    /* airflow.cfg, as long as it holds nothing that the ring lacks. */
    {ROW, "var=A cfg=A", "use var A"},
    {ROW, "store=A cfg=A", "use store A"},
    {ROW, "store=AB cfg=B", "use store AB"},
    {ROW, "store=AB cfg=BA", "use store AB"},
    {ROW, "var=A store=B cfg=B", "use var AB, changed store"},
    {ROW, "var=AB cfg=B", "use var AB"},
    {ROW, "secret=@ cfg=B", "secret secret , passed cfg"},
    {ROW, "secret=@ store=A cfg=B", "secret secret , passed store, passed cfg"},

    /* Broken, below what wins. */
    {ROW, "var=A bare=!", "use var A, broken bare"},
    {ROW, "var=A afile=! store=! cfg=!", "use var A, broken afile, broken store, broken cfg"},
    {ROW, "store=A cfg=!", "use store A, broken cfg"},
    {ROW, "cfg=A cfgcmd=!", "adopt cfg A, broken cfgcmd"},
    {ROW, "secret=@ bare=! store=!", "secret secret , broken bare, broken store"},
    {ROW, "cmd=? store=!", "unknown cmd , broken store"},
    {ROW, "var=0 cmd=A bare=! store=B", "use cmd AB, empty var, broken bare, changed store"},

    /* What can be seen of a file. */
    {ROW, "store=Ar", "use store A, readable store"},
    {ROW, "store=Am", "use store A, modeless store"},
    {ROW, "var=A store=Brm", "use var AB, changed store, readable store, modeless store"},

    /* A key that everybody knows is named with the place that gives it. */
    {ROW, "var=P", "use var ?, published var"},
    {ROW, "store=P", "use store ?, published store"},
    {ROW, "cfg=P", "adopt cfg ?, published cfg"},
    {ROW, "var=AP", "use var A?, published var"},
    {ROW, "var=A store=P", "use var A?, changed store, published store"},
    {ROW, "var=P store=A", "use var ?A, published var, changed store"},
    {ROW, "var=P store=P", "use var ?, published var"},
};

static const struct {
    int line;
    enum error_kind kind;
    const char *survey;
    const char *says;
    const char *left; /* of the decision */
} wrong[] = {
    /* Broken, with nothing before it that holds a value: never a new key. */
    {ROW, ERROR_INPUT, "var=!", "var: is broken", "generate - "},
    {ROW, ERROR_INPUT, "cmd=!", "cmd: is broken", "generate - "},
    {ROW, ERROR_INPUT, "sfile=!", "sfile: is broken", "generate - "},
    {ROW, ERROR_INPUT, "run2=!", "run2: is broken", "generate - "},
    {ROW, ERROR_INPUT, "store=!", "store: is broken", "generate - "},
    {ROW, ERROR_INPUT, "cfg=!", "cfg: is broken", "generate - "},
    {ROW, ERROR_INPUT, "cfgcmd=!", "cfgcmd: is broken", "generate - "},
    {ROW, ERROR_INPUT, "cfgsecret=!", "cfgsecret: is broken", "generate - "},
    {ROW, ERROR_INPUT, "var=0 bare=! store=A", "bare: is broken", "generate - , empty var"},
    {ROW, ERROR_INPUT, "cmd=own store=! cfg=A", "store: is broken", "generate - "},
    {ROW, ERROR_INPUT, "bare=! afile=!", "bare: is broken", "generate - "},
    {ROW, ERROR_INPUT, "store=... cfg=!", "cfg: is broken", "generate - "},
    {ROW, ERROR_INPUT, "cfg=$ cfgcmd=!", "cfgcmd: is broken", "generate - "},

    /* Two that contradict each other, wherever they stand. */
    {ROW, ERROR_INPUT, "var=!!", "var: is broken", "generate - "},
    {ROW, ERROR_INPUT, "bare=!!", "bare: is broken", "generate - "},
    {ROW, ERROR_INPUT, "var=A bare=!!", "bare: is broken", "generate - "},
    {ROW, ERROR_INPUT, "var=A bare=!! store=A", "bare: is broken", "generate - "},
    {ROW, ERROR_INPUT, "cmd=! bare=!!", "bare: is broken", "generate - "},
    {ROW, ERROR_INPUT, "secret=@ bare=!!", "bare: is broken", "generate - "},

    /* The only copy, perhaps. */
    {ROW, ERROR_REFUSED, "store=A cfg=B", "cfg: holds c77f48f3771072be, ", "use store A"},
    {ROW, ERROR_REFUSED, "var=A cfg=B", "cfg: holds c77f48f3771072be, ", "use var A"},
    {ROW, ERROR_REFUSED, "var=A store=C cfg=B", "cfg: holds c77f48f3771072be, ",
     "use var AC, changed store"},
    {ROW, ERROR_REFUSED, "store=A cfg=AB", "cfg: holds c77f48f3771072be, ", "use store A"},
    {ROW, ERROR_REFUSED, "store=A cfg=B", "from store (2e4361dfdb8466cf)", "use store A"},
    {ROW, ERROR_REFUSED, "cfg=A cfgcmd=B", "cfgcmd: holds c77f48f3771072be, ", "adopt cfg A"},
};

static void the_first_that_holds_a_value_wins(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        _cleanup_survey_ struct survey survey = {0};
        _cleanup_decision_ struct decision decision = {0};
        make_survey(&survey, row->survey);
        if (decide(&survey, &decision, &err) != 0)
            fail_row(row, "refused: %s", err.message);
        if (strcmp(describe(&survey, &decision), row->decision) != 0)
            fail_row(row, "got: %s", describe(&survey, &decision));
    }
}

static void what_could_cost_a_key_is_refused(void **state)
{
    (void)state;
    foreach(row, wrong) {
        struct error err = {0};
        _cleanup_survey_ struct survey survey = {0};
        _cleanup_decision_ struct decision decision = {0};
        make_survey(&survey, row->survey);
        if (decide(&survey, &decision, &err) != -1)
            fail_row(row, "got: %s", describe(&survey, &decision));
        if (!error_says(&err, row->kind, row->says))
            fail_row(row, "says %s", err.message);
        if (strcmp(describe(&survey, &decision), row->left) != 0)
            fail_row(row, "left: %s", describe(&survey, &decision));
    }
}

/* The rules once more, over every two places: A before B, whatever they are. */
static void every_pair_of_places_keeps_its_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(places); i++)
        for (size_t j = i + 1; j < COUNT(places); j++) {
            struct error err = {0};
            _cleanup_survey_ struct survey survey = {0};
            _cleanup_decision_ struct decision decision = {0};
            char text[64];
            char expected[64];
            const char *first = places[i].name;
            const char *second = places[j].name;
            bool adopts =
                strcmp(places[i].name, "cfg") == 0 || strcmp(places[i].name, "cfgsecret") == 0;
            bool refuses = places[j].way == WAY_CFG;
            bool joins = places[i].way < WAY_STORE && places[j].way == WAY_STORE;
            snprintf(text, sizeof text, "%s=A %s=B", first, second);
            snprintf(expected, sizeof expected, "%s %s %s%s%s", adopts ? "adopt" : "use", first,
                     joins ? "AB" : "A",
                     refuses ? ""
                     : joins ? ", changed "
                             : ", other ",
                     refuses ? "" : second);
            make_survey(&survey, text);
            int decided = decide(&survey, &decision, &err);
            if (decided != (refuses ? -1 : 0) ||
                strcmp(describe(&survey, &decision), expected) != 0)
                fail_msg("%s: %s", text, describe(&survey, &decision));
        }
}

static void every_broken_place_stops_what_stands_below_it_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(places); i++)
        for (size_t j = 0; j < COUNT(places); j++) {
            struct error err = {0};
            _cleanup_survey_ struct survey survey = {0};
            _cleanup_decision_ struct decision decision = {0};
            char text[64];
            if (i == j)
                continue;
            snprintf(text, sizeof text, "%s=! %s=A", places[i].name, places[j].name);
            make_survey(&survey, text);
            int decided = decide(&survey, &decision, &err);
            if (decided != (i < j ? -1 : 0))
                fail_msg("%s: %s", text, describe(&survey, &decision));
            if (i < j && strncmp(err.message, places[i].name, strlen(places[i].name)) != 0)
                fail_msg("%s: says %s", text, err.message);
            if (i > j && (decision.remark_count != 1 || decision.remarks[0].kind != REMARK_BROKEN))
                fail_msg("%s: %s", text, describe(&survey, &decision));
        }
}

static void more_keys_than_a_ring_holds_are_an_error_that_names_both(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_survey_ struct survey survey = {0};
    _cleanup_decision_ struct decision decision = {0};
    make_survey(&survey, "var=A store=B");
    for (int i = 0; i < RING_MOST - 1; i++) {
        uint8_t key[FERNET_KEY_BYTES];
        memset(key, i < 32 ? i : 128 + i, sizeof key);
        assert_int_equal(ring_add(&survey.sources[i % 2 ? 0 : 11].ring, key, sizeof key, &err), 0);
    }
    assert_int_equal(decide(&survey, &decision, &err), -1);
    assert_true(error_says(&err, ERROR_INPUT, "var and store together"));
}

static void a_remark_names_its_source_and_no_key(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *survey;
        const char *says[3];
    } table[] = {
        {ROW, "var=0", {"var", "unset"}},
        {ROW, "var=A bare=!", {"bare: is broken", "var"}},
        {ROW, "store=A cfgcmd=?", {"cfgcmd", "store"}},
        {ROW, "var=A bare=B", {"bare", "c77f48f3771072be", "2e4361dfdb8466cf"}},
        {ROW, "var=AC store=B", {"var", "2e4361dfdb8466cf", "c77f48f3771072be"}},
        {ROW, "var=P", {"var", "puckel"}},
        {ROW, "store=Ar", {"store", "chmod o-r"}},
        {ROW, "store=Am", {"store", "one mode"}},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_survey_ struct survey survey = {0};
        _cleanup_decision_ struct decision decision = {0};
        char text[1024];
        make_survey(&survey, row->survey);
        assert_int_equal(decide(&survey, &decision, &err), 0);
        assert_int_equal(decision.remark_count, 1);
        remark_text(&decision.remarks[0], &decision, text, sizeof text);
        for (size_t i = 0; i < COUNT(row->says) && row->says[i]; i++)
            if (!strstr(text, row->says[i]))
                fail_row(row, "says %s", text);
        if (strchr(text, '\n') || strstr(text, "QUFBQ") || strstr(text, "QkJCQ") ||
            strstr(text, "46BKJo"))
            fail_row(row, "says %s", text);

        char cut[16];
        memset(cut, 'x', sizeof cut);
        remark_text(&decision.remarks[0], &decision, cut, sizeof cut);
        assert_int_equal(strlen(cut), sizeof cut - 1);
        assert_memory_equal(cut, text, sizeof cut - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_holds_a_value_wins),
        cmocka_unit_test(what_could_cost_a_key_is_refused),
        cmocka_unit_test(every_pair_of_places_keeps_its_order),
        cmocka_unit_test(every_broken_place_stops_what_stands_below_it_alone),
        cmocka_unit_test(more_keys_than_a_ring_holds_are_an_error_that_names_both),
        cmocka_unit_test(a_remark_names_its_source_and_no_key),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
