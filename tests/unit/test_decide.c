/* A survey in one line: "var=A store=BC cfg=$" is AIRFLOW__CORE__FERNET_KEY with the key A, a store with B
 * and C, an airflow.cfg with a placeholder, and nothing anywhere else. "staged=S" and "retired=R" stand beside the
 * store, "rule=stage" is --on-change, which is keep unless said otherwise, and "value" makes it a survey of a secret
 * that is one value. */
#include "resolve/remark.h"

#include <stdio.h>

#include "retired_keys.h"

/* Every place, in the order of a real survey. */
static const struct {
    const char *name;
    enum source_kind kind;
} places[] = {
    {"var", SOURCE_VARIABLE},  {"cmd", SOURCE_COMMAND}, {"secret", SOURCE_COMMAND},
    {"bare", SOURCE_BARE},     {"afile", SOURCE_FILE},  {"bfile", SOURCE_FILE},
    {"sfile", SOURCE_FILE},    {"run1", SOURCE_FILE},   {"run2", SOURCE_FILE},
    {"run3", SOURCE_FILE},     {"run4", SOURCE_FILE},   {"store", SOURCE_STORE},
    {"cfg", SOURCE_CFG},       {"cfg2", SOURCE_CFG},    {"cfgcmd", SOURCE_CFG},
    {"cfgsecret", SOURCE_CFG},
};

/* Their number; of one that is none it is COUNT(places). */
static size_t place_named(const char *name)
{
    size_t i = 0;
    while (i < COUNT(places) && strcmp(places[i].name, name) != 0)
        i++;
    return i;
}

/* What may stand behind "=": keys in capital letters (P is one that everybody knows), or one of these;
 * then "r", readable by all, "m", without modes, and "w", written by fernit beside a command. */
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

static const char *const rules[] = {
    [ON_CHANGE_KEEP] = "keep",
    [ON_CHANGE_STAGE] = "stage",
    [ON_CHANGE_REFUSE] = "refuse",
    [ON_CHANGE_REPLACE] = "replace",
};

/* A Fernet key, and a value. */
static const char *const published[] = {"46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho=",
                                        "temporary_key"};

/* Returns what follows the letters. */
static const char *take_keys(struct ring *ring, const char *letters)
{
    struct error err = {0};
    for (; *letters >= 'A' && *letters <= 'Z'; letters++) {
        const char letter[] = {*letters, '\0'};
        const char *known = published[ring->is_value];
        if (*letters == 'P')
            assert_int_equal(ring_parse(ring, known, strlen(known), &err), 0);
        else
            add_keys(ring, letter);
    }
    return letters;
}

static void find(struct source *source, const char *text)
{
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
    text = take_keys(&source->ring, text);
    source->by_command |= strstr(source->name, "secret") != NULL; /* no key of its own */
    source->is_marked = strchr(text, 'w') != NULL;
    source->readable_by_all = strchr(text, 'r') != NULL;
    source->modeless = strchr(text, 'm') != NULL;
}

static void begin_survey(struct survey *survey, bool is_value)
{
    struct source *sources = calloc(COUNT(places), sizeof *sources);
    *survey = (struct survey){
        .secret = &managed_secrets[is_value],
        .sources = sources,
        .count = COUNT(places),
        .room = COUNT(places),
        .store_source = place_named("store"),
        .staged = {.is_value = is_value},
        .options = {{.source = place_named("cfg")}, {.source = place_named("cfg2")}},
        .store_name = "store",
    };
    assert_non_null(sources);
    for (size_t i = 0; i < COUNT(places); i++) {
        sources[i].kind = places[i].kind;
        sources[i].name = places[i].name;
        sources[i].ring.is_value = is_value;
        sources[i].by_command = strstr(places[i].name, "cmd") != NULL;
    }
    sources[place_named("cfg2")].option = 1;
}

/* Returns the rule. */
static enum on_change make_survey(struct survey *survey, const char *text)
{
    enum on_change rule = ON_CHANGE_KEEP;
    char words[256];
    char *save = NULL;
    bool is_value = strncmp(text, "value", strlen("value")) == 0;
    begin_survey(survey, is_value);
    survey->suggested = "";
    snprintf(words, sizeof words, "%s", text + (is_value ? strlen("value") : 0));
    for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');
        assert_non_null(value);
        *value++ = '\0';
        size_t place = place_named(word);
        if (place < COUNT(places))
            find(&survey->sources[place], value);
        else if (strcmp(word, "staged") == 0)
            take_keys(&survey->staged, value);
        else if (strcmp(word, "retired") == 0)
            retire_keys(&survey->retired, value);
        else if (strcmp(word, "rule") == 0)
            while (strcmp(rules[rule], value) != 0)
                rule++;
        else
            fail_msg("there is no place %s", word);
    }
    return rule;
}

/* The decision in one line: "use var AB, changed store -> AB +S", remarks sorted by their source; behind the arrow,
 * if anything changes, what the store is to hold, and what is staged. */
static const char *describe(const struct survey *survey, const struct decision *decision)
{
    static const char *const actions[] = {
        [ACTION_USE] = "use",
        [ACTION_GENERATE] = "generate",
        [ACTION_SECRET] = "secret",
        [ACTION_UNKNOWN] = "unknown",
    };
    static const char *const kinds[] = {
        [REMARK_EMPTY] = "empty",         [REMARK_BROKEN] = "broken",
        [REMARK_UNUSED] = "passed",       [REMARK_OTHER] = "other",
        [REMARK_CHANGED] = "changed",     [REMARK_STAGED] = "staged",
        [REMARK_REPLACED] = "replaced",   [REMARK_RETIRED] = "retired",
        [REMARK_JOINED] = "joined",       [REMARK_DROPPED] = "dropped",
        [REMARK_PUBLISHED] = "published", [REMARK_READABLE] = "readable",
        [REMARK_MODELESS] = "modeless",   [REMARK_LOST] = "lost",
        [REMARK_SHOWN] = "shown",         [REMARK_FIRST] = "first",
        [REMARK_FEWER] = "fewer",
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
    if (!decision->change.changes)
        return text;
    snprintf(text + strlen(text), sizeof text - strlen(text), " -> %s",
             letters_of(&decision->change.stored));
    if (ring_count(&decision->change.staged) > 0)
        snprintf(text + strlen(text), sizeof text - strlen(text), " +%s",
                 letters_of(&decision->change.staged));
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
    {ROW, "var=A", "use var A -> A"},
    {ROW, "cmd=A", "use cmd A -> A"},
    {ROW, "bare=A", "use bare A -> A"},
    {ROW, "afile=A", "use afile A -> A"},
    {ROW, "bfile=A", "use bfile A -> A"},
    {ROW, "sfile=A", "use sfile A -> A"},
    {ROW, "run4=A", "use run4 A -> A"},
    {ROW, "store=A", "use store A"},
    {ROW, "cfg=A", "use cfg A -> A"},
    {ROW, "cfgcmd=A", "use cfgcmd A -> A"},
    {ROW, "secret=@", "secret secret "},
    {ROW, "cfgsecret=@", "secret cfgsecret "},
    {ROW, "cmd=?", "unknown cmd "},
    {ROW, "cfgcmd=?", "unknown cfgcmd "},
    {ROW, "var=ABC", "use var ABC -> ABC"},

    /* One that does, and others that are set to nothing or do not count. */
    {ROW, "var=0 bare=A", "use bare A, empty var -> A"},
    {ROW, "var=A bare=0 cfg=0", "use var A, empty bare, empty cfg -> A"},
    {ROW, "var=0 secret=@", "secret secret , empty var"},
    {ROW, "secret=@ bare=0", "secret secret , empty bare"},
    {ROW, "cfg=0 cfgsecret=@", "secret cfgsecret , empty cfg"},
    {ROW, "cfg=0 cfgcmd=A", "use cfgcmd A, empty cfg -> A"},
    {ROW, "cfg=$ cfgcmd=A", "use cfgcmd A -> A"},
    {ROW, "cmd=own store=A", "use store A"},
    {ROW, "store=... cfg=A", "use cfg A -> A"},
    {ROW, "store=... var=A", "use var A -> A"},
    {ROW, "store=A cfg=$", "use store A"},
    {ROW, "store=A cfg=0", "use store A, empty cfg"},
    {ROW, "store=A cfgcmd=own", "use store A"},
    {ROW, "var=A cmd=? cfgcmd=?", "use var A -> A"},
    {ROW, "cfg=A cfgcmd=? cfgsecret=@", "use cfg A, passed cfgcmd -> A"},

    /* What Airflow would have used without us, or has used so far. */
    {ROW, "bare=A cfgcmd=?", "use bare A, passed cfgcmd -> A"},
    {ROW, "bfile=A cfgcmd=? cfgsecret=@", "use bfile A, passed cfgcmd, passed cfgsecret -> A"},
    {ROW, "store=A cfgsecret=@", "use store A, passed cfgsecret"},
    {ROW, "cmd=A cfgcmd=? cfgsecret=@", "use cmd A, passed cfgsecret -> A"},
    {ROW, "var=A secret=@", "use var A, passed secret -> A"},
    {ROW, "cmd=A secret=@ store=A", "use cmd A, passed secret"},
    {ROW, "cfgcmd=A cfgsecret=@", "use cfgcmd A, passed cfgsecret -> A"},
    {ROW, "value var=A secret=@ cfgsecret=@", "use var A -> A"},
    {ROW, "secret=@ bare=A", "secret secret , passed bare"},
    {ROW, "secret=@ store=A", "secret secret , passed store"},
    {ROW, "secret=@ cfgcmd=? cfgsecret=@", "secret secret , passed cfgsecret"},

    /* A command in airflow.cfg is outside, too, and changes what is stored. */
    {ROW, "store=A cfgcmd=?", "unknown cfgcmd "},
    {ROW, "store=A cfgcmd=A", "use cfgcmd A"},
    {ROW, "store=A cfgcmd=B", "use cfgcmd BA, changed store -> BA"},
    {ROW, "store=AB cfgcmd=A", "use cfgcmd AB, fewer store"},
    {ROW, "rule=stage store=A cfgcmd=B", "use cfgcmd AB, staged store -> A +B"},
    {ROW, "rule=replace store=A cfgcmd=B", "use cfgcmd B, replaced store -> B"},
    {ROW, "store=A cfgcmd=!", "use store A, broken cfgcmd"},

    /* Beside what fernit wrote, and not beside what the owner of the file wrote. */
    {ROW, "store=A cfg=Aw cfgcmd=?", "unknown cfgcmd "},
    {ROW, "store=AB cfg=BAw cfgcmd=A", "use cfgcmd AB"},
    {ROW, "store=A cfg=Aw cfgcmd=B", "use cfgcmd BA, changed store -> BA"},
    {ROW, "store=A cfg=Aw cfgcmd=!", "use store A, broken cfgcmd"},
    {ROW, "store=A cfg=Bw cfgcmd=C", "use cfgcmd CAB, changed store, joined cfg -> CAB"},
    {ROW, "cfg=Aw cfgcmd=B", "use cfgcmd BA, joined cfg -> BA"},
    {ROW, "cfg=Aw cfgcmd=!", "use cfg A, broken cfgcmd -> A"},
    {ROW, "cfg=Aw cfgcmd=own", "use cfg A -> A"},
    {ROW, "store=A cfg=A cfgcmd=?", "use store A, passed cfgcmd"},
    {ROW, "store=A cfg=B cfgcmd=?", "use store AB, joined cfg, passed cfgcmd -> AB"},
    {ROW, "store=A cfg=Aw cfg2=A cfgcmd=?", "use store A, passed cfgcmd"},
    {ROW, "var=A cfg=A cfgcmd=?", "use var A, passed cfgcmd -> A"},
    {ROW, "bare=A cfg=Aw cfgcmd=?", "use bare A -> A"},
    {ROW, "store=A cfg=A cfgcmd=own", "use store A"},
    {ROW, "value store=A cfg=A cfgcmd=?", "use store A, passed cfgcmd"},
    {ROW, "value store=A cfg=Aw cfgcmd=B", "use cfgcmd B, changed store -> B"},

    /* From outside and the store: what is outside encrypts, what was there stays behind it. */
    {ROW, "var=A store=A", "use var A"},
    {ROW, "var=A store=B", "use var AB, changed store -> AB"},
    {ROW, "cmd=A store=B", "use cmd AB, changed store -> AB"},
    {ROW, "bare=A store=B", "use bare AB, changed store -> AB"},
    {ROW, "afile=A store=B", "use afile AB, changed store -> AB"},
    {ROW, "run1=A store=BC", "use run1 ABC, changed store -> ABC"},
    {ROW, "var=A store=AB", "use var AB, fewer store"},
    {ROW, "cmd=A store=AB", "use cmd AB, fewer store"},
    {ROW, "bare=A store=AB", "use bare AB"},
    {ROW, "var=B store=AB", "use var BA, first store"},
    {ROW, "var=BA store=AB", "use var BA, first store"},
    {ROW, "var=AB store=A", "use var AB, changed store -> AB"},
    {ROW, "var=AC store=BC", "use var ACB, changed store -> ACB"},

    /* Two that differ: the second is warned of, unless the ring has its keys anyway. */
    {ROW, "var=A bare=A", "use var A -> A"},
    {ROW, "var=A bare=B", "use var A, other bare -> A"},
    {ROW, "var=A bare=AB", "use var A, other bare -> A"},
    {ROW, "var=AB bare=B", "use var AB -> AB"},
    {ROW, "var=A bare=B store=B", "use var AB, changed store -> AB"},
    {ROW, "var=A bare=B afile=C run1=D", "use var A, other bare, other afile, other run1 -> A"},
    {ROW, "sfile=A run1=B run2=A", "use sfile A, other run1 -> A"},

    /* airflow.cfg, as long as it holds nothing that the ring lacks. */
    {ROW, "var=A cfg=A", "use var A -> A"},
    {ROW, "store=A cfg=A", "use store A"},
    {ROW, "store=AB cfg=B", "use store AB"},
    {ROW, "store=AB cfg=BA", "use store AB"},
    {ROW, "var=A store=B cfg=B", "use var AB, changed store -> AB"},
    {ROW, "var=AB cfg=B", "use var AB -> AB"},
    {ROW, "secret=@ cfg=B", "secret secret , passed cfg"},
    {ROW, "secret=@ store=A cfg=B", "secret secret , passed store, passed cfg"},

    /* Broken, below what wins. */
    {ROW, "var=A bare=!", "use var A, broken bare -> A"},
    {ROW, "var=A afile=! store=! cfg=!", "use var A, broken afile, broken store, broken cfg"},
    {ROW, "value var=A store=! cfg=B", "use var A, broken store, dropped cfg"},
    {ROW, "store=A cfg=!", "use store A, broken cfg"},
    {ROW, "cfg=A cfgcmd=!", "use cfg A, broken cfgcmd -> A"},
    {ROW, "secret=@ bare=! store=!", "secret secret , broken bare, broken store"},
    {ROW, "cmd=? store=!", "unknown cmd , broken store"},
    {ROW, "var=0 cmd=A bare=! store=B", "use cmd AB, empty var, broken bare, changed store -> AB"},

    /* What can be seen of a file. */
    {ROW, "store=Ar", "use store A, readable store"},
    {ROW, "store=Am", "use store A, modeless store"},
    {ROW, "var=A store=Brm", "use var AB, changed store, readable store, modeless store -> AB"},

    /* A key that everybody knows is named with the place that gives it. */
    {ROW, "var=P", "use var ?, published var -> ?"},
    {ROW, "store=P", "use store ?, published store"},
    {ROW, "cfg=P", "use cfg ?, published cfg -> ?"},
    {ROW, "var=AP", "use var A?, published var -> A?"},
    {ROW, "var=A store=P", "use var A?, changed store, published store -> A?"},
    {ROW, "var=P store=A", "use var ?A, published var, changed store -> ?A"},
    {ROW, "var=P store=P", "use var ?, published var"},

    /* What the store is to hold, by the rule for what is new. */
    {ROW, "rule=keep var=N store=A", "use var NA, changed store -> NA"},
    {ROW, "rule=stage var=N store=A", "use var AN, staged store -> A +N"},
    {ROW, "rule=replace var=N store=A", "use var N, replaced store -> N"},
    {ROW, "rule=stage var=N", "use var N -> N"},
    {ROW, "rule=refuse var=N", "use var N -> N"},
    {ROW, "rule=replace var=N", "use var N -> N"},
    {ROW, "rule=stage cmd=NA store=A", "use cmd AN, staged store -> A +N"},
    {ROW, "rule=replace run1=NA store=BA", "use run1 NA, replaced store -> NA"},
    {ROW, "rule=stage var=A store=BA", "use var AB, first store"},
    {ROW, "rule=refuse var=A store=BA", "use var AB, first store"},
    {ROW, "rule=replace var=A store=BA", "use var AB, first store"},
    {ROW, "rule=stage var=NB store=AB", "use var BAN, first store, staged store -> AB +N"},
    {ROW, "rule=replace var=NBA store=BA", "use var NBA, changed store -> NBA"},
    {ROW, "rule=keep var=BN store=AB", "use var BNA, changed store -> BNA"},

    /* Keys that wait are the last of everybody's ring. */
    {ROW, "store=A staged=S", "use store AS"},
    {ROW, "var=B store=AB staged=S", "use var BAS, first store"},
    {ROW, "var=SB store=AB staged=S", "use var BAS, first store"},
    {ROW, "var=S store=A staged=S", "use var AS, fewer store"},
    {ROW, "rule=stage var=S store=A staged=S", "use var AS, fewer store"},
    {ROW, "rule=refuse var=S store=A staged=S", "use var AS, fewer store"},
    {ROW, "rule=stage var=N store=A staged=S", "use var ANS, staged store -> A +NS"},
    {ROW, "store=SA staged=S", "use store SA -> SA"},
    {ROW, "var=S staged=S", "use var S, lost var"},
    {ROW, "var=A staged=S", "use var AS, lost var -> A +S"},
    {ROW, "store=A staged=S cfg=AS", "use store AS"},
    {ROW, "store=A staged=S bare=S", "use bare AS"},
    {ROW, "store=A staged=P", "use store A?, published store"},

    /* Retired ones are served where they come from outside, and nowhere else. */
    {ROW, "store=A retired=R", "use store A"},
    {ROW, "var=R store=A retired=R", "use var RA, retired var, fewer store"},
    {ROW, "rule=stage var=R store=A retired=R", "use var RA, retired var, fewer store"},
    {ROW, "rule=refuse var=R store=A retired=R", "use var RA, retired var, fewer store"},
    {ROW, "rule=replace var=R store=A retired=R", "use var RA, retired var, fewer store"},
    {ROW, "var=RN store=A retired=R", "use var RNA, retired var, changed store -> NA"},
    {ROW, "var=R retired=R", "use var R, lost var, retired var"},
    {ROW, "store=AR retired=R var=R", "use var RA, first store"},
    {ROW, "store=A cfg=R retired=R", "use store A, dropped cfg"},
    {ROW, "store=A cfg=AR retired=R", "use store A, dropped cfg"},
    {ROW, "var=R store=A cfg=R retired=R", "use var RA, retired var, fewer store"},
    {ROW, "cmd=? retired=R", "unknown cmd "},
    {ROW, "secret=@ retired=R staged=S", "secret secret , lost secret"},
    {ROW, "cfgsecret=@ retired=R", "secret cfgsecret , lost cfgsecret"},
    {ROW, "cfg=A retired=R", "use cfg A, lost cfg -> A"},
    {ROW, "cfgcmd=A retired=R", "use cfgcmd A, lost cfgcmd -> A"},

    /* What airflow.cfg alone holds joins; what replace takes out is gone from it without a word. */
    {ROW, "store=A cfg=B", "use store AB, joined cfg -> AB"},
    {ROW, "var=A cfg=B", "use var AB, joined cfg -> AB"},
    {ROW, "var=A store=C cfg=B", "use var ACB, changed store, joined cfg -> ACB"},
    {ROW, "store=A cfg=AB", "use store AB, joined cfg -> AB"},
    {ROW, "cfg=A cfg2=B", "use cfg AB, joined cfg2 -> AB"},
    {ROW, "rule=refuse store=A cfg=B", "use store AB, joined cfg -> AB"},
    {ROW, "rule=replace var=N store=A cfg=A", "use var N, replaced store -> N"},
    {ROW, "rule=replace var=N store=A cfg=AB", "use var NB, replaced store, joined cfg -> NB"},
    {ROW, "store=A cfg=BR retired=R", "use store AB, joined cfg, dropped cfg -> AB"},
    {ROW, "cfg=A cfgcmd=B", "use cfg A, other cfgcmd -> A"},

    /* A value: one at a time. */
    {ROW, "value", "generate - "},
    {ROW, "value retired=R", "generate - "},
    {ROW, "value staged=S", "generate - "},
    {ROW, "value cfg=R retired=R", "generate - "},
    {ROW, "value var=A", "use var A -> A"},
    {ROW, "value store=A", "use store A"},
    {ROW, "value store=A staged=S retired=R", "use store A"},
    {ROW, "value var=N store=A", "use var N, changed store -> N"},
    {ROW, "value rule=replace var=N store=A", "use var N, replaced store -> N"},
    {ROW, "value rule=stage var=N store=A", "use var A, staged store -> A +N"},
    {ROW, "value rule=stage var=N store=A staged=N", "use var A"},
    {ROW, "value rule=refuse var=A store=A", "use var A"},
    {ROW, "value var=R store=A retired=R", "use var R, retired var"},
    {ROW, "value var=A cmd=B", "use var A, other cmd -> A"},
    {ROW, "value store=A cfg=A cfg2=A", "use store A"},
    {ROW, "value store=A cfg=B", "use store A, dropped cfg"},
    {ROW, "value store=A cfg=B retired=B", "use store A, dropped cfg"},
    {ROW, "value cfg=A cfg2=B", "use cfg A, dropped cfg2 -> A"},
    {ROW, "value var=N store=A cfg=A", "use var N, changed store -> N"},
    {ROW, "value var=A cfg=B cfg2=C", "use var A, dropped cfg, dropped cfg2 -> A"},
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

    /* What is new, where that is refused. */
    {ROW, ERROR_REFUSED, "rule=refuse var=N store=A", "var: 08432494f453d227 is new", "use var "},
    {ROW, ERROR_REFUSED, "rule=refuse var=N store=A", "store (2e4361dfdb8466cf)", "use var "},
    {ROW, ERROR_REFUSED, "rule=refuse run1=AN store=A staged=S",
     " is new to store (2e4361dfdb8466cf)", "use run1 "},
    {ROW, ERROR_REFUSED, "rule=refuse var=0 bare=N store=A", "bare: ", "use bare , empty var"},
    {ROW, ERROR_REFUSED, "value rule=refuse var=N store=A", " is new to store", "use var "},
    {ROW, ERROR_INPUT, "rule=refuse var=A store=!",
     "var: may bring a new Fernet key, and --on-change is refuse: store: is broken",
     "use var , broken store"},

    /* There was a key, and it is not there: never a new one, nor one that waits or was retired. */
    {ROW, ERROR_REFUSED, "staged=S", "store is missing, ", "generate - "},
    {ROW, ERROR_REFUSED, "retired=R", "store is missing, ", "generate - "},
    {ROW, ERROR_REFUSED, "var=0 cfg=$ retired=R", "store is missing, ", "generate - , empty var"},
    {ROW, ERROR_REFUSED, "store=... staged=S", "store is missing, ", "generate - "},
    {ROW, ERROR_REFUSED, "cfg=R retired=R", "store is missing, ", "use cfg "},
    {ROW, ERROR_REFUSED, "cfg=R retired=R staged=S", "store is missing, ", "use cfg S"},
};

static void the_first_that_holds_a_value_wins(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        _cleanup_survey_ struct survey survey = {0};
        _cleanup_decision_ struct decision decision = {0};
        enum on_change rule = make_survey(&survey, row->survey);
        if (decide(&survey, rule, &decision, &err) != 0)
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
        enum on_change rule = make_survey(&survey, row->survey);
        if (decide(&survey, rule, &decision, &err) != -1)
            fail_row(row, "got: %s", describe(&survey, &decision));
        if (!error_says(&err, row->kind, row->says))
            fail_row(row, "says %s", err.message);
        if (strcmp(describe(&survey, &decision), row->left) != 0)
            fail_row(row, "left: %s", describe(&survey, &decision));
    }
}

/* Whether the store is to hold what the place gives: not what it holds already. */
static bool is_kept(size_t place)
{
    return places[place].kind != SOURCE_STORE && strcmp(places[place].name, "cfgsecret") != 0;
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
            bool is_stored = places[j].kind == SOURCE_STORE;
            bool is_written = strcmp(second, "cfg") == 0 || strcmp(second, "cfg2") == 0;
            if (places[i].kind == SOURCE_STORE && !is_written)
                continue; /* a command changes what is stored */
            const char *ring = is_stored || is_written ? "AB" : "A";
            snprintf(text, sizeof text, "%s=A %s=B", first, second);
            snprintf(expected, sizeof expected, "use %s %s, %s %s%s%s", first, ring,
                     is_stored    ? "changed"
                     : is_written ? "joined"
                                  : "other",
                     second, is_kept(i) || is_written ? " -> " : "",
                     is_kept(i) || is_written ? ring : "");
            make_survey(&survey, text);
            if (decide(&survey, ON_CHANGE_KEEP, &decision, &err) != 0 ||
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
            int decided = decide(&survey, ON_CHANGE_KEEP, &decision, &err);
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
        assert_int_equal(
            ring_add(&survey.sources[i % 2 ? 0 : place_named("store")].ring, key, sizeof key, &err),
            0);
    }
    assert_int_equal(decide(&survey, ON_CHANGE_KEEP, &decision, &err), -1);
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
        {ROW, "var=0", {"var is set to nothing, and is ignored", "plain text"}},
        {ROW, "value var=0", {"var is set to nothing, and is ignored"}},
        {ROW, "var=A bare=!", {"bare: is broken", "the Fernet key comes from var"}},
        {ROW,
         "bare=A cfgcmd=?",
         {"cfgcmd is not used, because bare is used", "keep its key while"}},
        {ROW, "cfg=A cfgcmd=?", {"cfgcmd is not run, because Airflow reads the fernet_key in"}},
        {ROW, "value cfg2=A cfgcmd=?", {"cfgcmd is not run", "reads the [api] secret_key in"}},
        {ROW, "value afile=A cfgcmd=?", {"cfgcmd is not used, because afile is used"}},
        {ROW, "var=A bare=B", {"bare", "c77f48f3771072be", "2e4361dfdb8466cf"}},
        {ROW, "value var=A bare=B", {"another value", "c77f48f3771072be", "2e4361dfdb8466cf"}},
        {ROW, "var=AC store=B", {"var", "2e4361dfdb8466cf", "c77f48f3771072be"}},
        {ROW,
         "var=AB store=B",
         {"the new key 2e4361dfdb8466cf:", "fernit run -- airflow", "retire --yes"}},
        {ROW, "value var=A store=B", {"new value 2e4361dfdb8466cf", "it replaces c77f48f"}},
        {ROW, "rule=stage var=A store=B", {"store.staged", "key promote 2e4361dfdb8466cf --yes"}},
        {ROW, "rule=replace var=A store=B", {"it replaces c77f48f3771072be", "key unretire"}},
        {ROW, "rule=replace var=AC store=CB", {"it replaces c77f48f3771072be in store"}},
        {ROW,
         "var=B store=AB",
         {"var has c77f48f3771072be first",
          "store has 2e4361dfdb8466cf:", "key promote c77f48f3771072be --yes"}},
        {ROW, "bare=B store=A retired=B", {"the retired key c77f48f3771072be:", "key unretire"}},
        {ROW, "var=A store=AB", {"var gives fewer keys than store (", "docker exec"}},
        {ROW,
         "store=A cfg=B",
         {"cfg has c77f48f3771072be, which store (", "lacks: it only decrypts"}},
        {ROW, "store=A cfg=B retired=B", {"the retired key c77f48f3771072be,", "removes it"}},
        {ROW,
         "value store=A cfg=B",
         {"cfg has c77f48f3771072be, which is not used: store has 2e4361dfdb8466cf"}},
        {ROW, "var=P", {"var", "key that everybody knows", "puckel"}},
        {ROW, "value var=P", {"var gives a value", "that everybody knows"}},
        {ROW, "store=A staged=P", {"store", "puckel"}},
        {ROW, "store=Ar", {"store", "chmod o-r"}},
        {ROW, "store=Am", {"store", "one mode"}},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_survey_ struct survey survey = {0};
        _cleanup_decision_ struct decision decision = {0};
        struct remark_message message;
        const char *text = message.text;
        const char *hint = message.hint;
        enum on_change rule = make_survey(&survey, row->survey);
        assert_int_equal(decide(&survey, rule, &decision, &err), 0);
        assert_int_equal(decision.remark_count, 1);
        remark_write(&decision.remarks[0], &survey, &decision, &message);
        for (size_t i = 0; i < COUNT(row->says) && row->says[i]; i++)
            if (!strstr(text, row->says[i]) && !strstr(hint, row->says[i]))
                fail_row(row, "says %s; %s", text, hint);
        if (strchr(text, '\n') || strstr(text, "QUFBQ") || strstr(text, "QkJCQ") ||
            strstr(text, "46BKJo") || strstr(text, "temporary"))
            fail_row(row, "says %s", text);
    }
}

/* Where it is to be changed, and how. */
static void a_hint_names_the_way_out(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *survey;
        const char *says[3];
    } table[] = {
        {ROW, "var=P", {"change it there to NEW,OLD", "key generate", "rotate-fernet-key"}},
        {ROW, "store=P", {"set FERNET_KEY once to NEW,OLD", "key generate", "rotate-fernet-key"}},
        {ROW, "cfg=P", {"set FERNET_KEY once to NEW,OLD"}},
        {ROW, "value var=P", {"change it there", "key generate", "restart all"}},
        {ROW, "value store=P", {"set AIRFLOW__WEBSERVER__SECRET_KEY once", "key generate"}},
        {ROW, "value cfg=P", {"set AIRFLOW__WEBSERVER__SECRET_KEY once"}},
        {ROW,
         "var=AB store=B",
         {"restart all processes that run with the old keys",
          "\ndocker exec sees var alone, so run there: fernit run -- airflow ...\n",
          "\nthen run: fernit run -- airflow rotate-fernet-key\nafter that run: fernit key retire "
          "--yes"}},
        {ROW, "value var=A store=B", {"restart all processes that run with the old one"}},
        {ROW,
         "rule=stage bare=AC store=B",
         {"restart all processes once\nthen run: fernit key promote 2e4361dfdb8466cf --yes"}},
        {ROW,
         "rule=replace bare=A store=B",
         {"bring the old key back: fernit key unretire c77f48f3771072be --yes"}},
        {ROW,
         "bare=B store=A retired=B",
         {"give the new key in bare\nor bring the retired key back for all: fernit key unretire "
          "c77f48f3771072be --yes"}},
        {ROW, "var=A store=AB", {"docker exec sees var alone"}},
        {ROW, "var=0", {"remove it: Airflow", "docker exec still gets it"}},
        {ROW, "bare=0", {"remove it"}},
        {ROW, "store=Ar", {"chmod o-r store"}},
        {ROW,
         "cfg=A cfgcmd=?",
         {"remove fernet_key_cmd\nor, to use it, remove fernet_key once the store"}},
        {ROW,
         "value cfg2=A cfgcmd=?",
         {"remove secret_key_cmd\nor, to use it, remove [api] secret_key"}},
        {ROW, "bare=A cfgcmd=?", {"keep its key while anything that it encrypted is left"}},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_survey_ struct survey survey = {0};
        _cleanup_decision_ struct decision decision = {0};
        struct remark_message message;
        const char *hint = message.hint;
        enum on_change rule = make_survey(&survey, row->survey);
        assert_int_equal(decide(&survey, rule, &decision, &err), 0);
        assert_int_equal(decision.remark_count, 1);
        remark_write(&decision.remarks[0], &survey, &decision, &message);
        for (size_t i = 0; i < COUNT(row->says) && row->says[i]; i++)
            if (!strstr(hint, row->says[i]) || (!*row->says[i] && *hint))
                fail_row(row, "says %s", hint);
        for (const char *line = hint; *line;) {
            size_t length = strcspn(line, "\n");
            if (length == 0 || length > 160)
                fail_row(row, "%zu characters: %s", length, hint);
            line += length + (line[length] == '\n');
        }
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
        cmocka_unit_test(a_hint_names_the_way_out),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
