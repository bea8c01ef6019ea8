#include "cli/settings_read.h"

#include "airflow/managed.h"
#include "cli/options.h"
#include "cli/variables.h"
#include "folder.h"

enum { WORDS_MOST = 8 };

static const char *const rules[] = {
    [ON_CHANGE_KEEP] = "keep",
    [ON_CHANGE_STAGE] = "stage",
    [ON_CHANGE_REFUSE] = "refuse",
    [ON_CHANGE_REPLACE] = "replace",
};

/* What is asked of the settings, as text. */
static const char *value_of(const struct settings *settings, const char *what)
{
    static char text[512];
    *text = '\0';
    if (strcmp(what, "store") == 0)
        snprintf(text, sizeof text, "%s%s", settings->store, settings->store_named ? " named" : "");
    else if (strcmp(what, "mode") == 0)
        snprintf(text, sizeof text, "%04o", (unsigned)settings->store_mode);
    else if (strcmp(what, "cmd") == 0)
        snprintf(text, sizeof text, "%lld", (long long)settings->cmd_timeout);
    else if (strcmp(what, "lock") == 0)
        snprintf(text, sizeof text, "%lld", (long long)settings->lock_timeout);
    else if (strcmp(what, "deliver") == 0)
        snprintf(text, sizeof text, "%s%s", settings->deliver_environment ? "env " : "",
                 settings->deliver_cfg ? "cfg " : "");
    else if (strcmp(what, "files") == 0)
        for (const char **file = settings->secret_files.list; *file; file++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s;", *file);
    else if (strcmp(what, "words") == 0)
        for (char **word = settings->words; *word; word++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s;", *word);
    else if (strcmp(what, "flags") == 0)
        snprintf(text, sizeof text, "%s%s%s%s%s%s", settings->allow_ephemeral ? "ephemeral " : "",
                 settings->json ? "json " : "", settings->run_commands ? "commands " : "",
                 settings->strict ? "strict " : "", settings->single_writer ? "single " : "",
                 settings->help ? "help " : "");
    else if (strcmp(what, "change") == 0)
        snprintf(text, sizeof text, "%s", rules[settings->on_change]);
    else if (strcmp(what, "manage") == 0)
        for (size_t i = 0; i < MANAGED_COUNT; i++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s",
                     (settings->manage & 1U << i) ? managed_secrets[i].name : "-");
    else if (strcmp(what, "level") == 0)
        snprintf(text, sizeof text, "%s",
                 log_shows(LOG_VERBOSE)  ? "verbose"
                 : log_shows(LOG_NORMAL) ? "normal"
                                         : "quiet");
    else if (strcmp(what, "format") == 0)
        snprintf(text, sizeof text, "%s%s", settings->log_format == LOG_JSON ? "json" : "text",
                 settings->log_format == log_format() ? "" : " is not taken");
    else
        fail_msg("%s: is no setting", what);
    return text;
}

struct given {
    char *flags[WORDS_MOST];
    char *environment[4];
    const char *ini;
};

/* Reads with FERNIT_CONFIG naming a file of ours, so that the machine's takes no part. */
static int read_given(struct settings *settings, unsigned command, const struct given *given,
                      struct error *err)
{
    static char config[] = "FERNIT_CONFIG=fernit.ini";
    char *arguments[WORDS_MOST + 1] = {NULL};
    char *environment[COUNT(given->environment) + 2] = {NULL};
    for (size_t i = 0; i < WORDS_MOST; i++)
        arguments[i] = given->flags[i];
    size_t count = 0;
    for (; count < COUNT(given->environment) && given->environment[count]; count++)
        environment[count] = given->environment[count];
    environment[count] = config;
    write_text("fernit.ini", given->ini ? given->ini : "");
    int result = settings_read(settings, command, arguments, environment, err);

    /* The words are looked at when `arguments` is gone. */
    static char *words[WORDS_MOST + 1];
    if (result == 0 && settings->words) {
        memcpy(words, settings->words,
               (size_t)(arguments + WORDS_MOST + 1 - settings->words) * sizeof *words);
        settings->words = words;
    }
    return result;
}

#define ALL_NAMES "fernet_key,secret_key,jwt_secret,internal_api_secret_key"
#define ALL_SECRETS "fernet_keysecret_keyjwt_secretinternal_api_secret_key"

static const struct {
    int line;
    const char *what;
    const char *value;
    struct given given;
} right[] = {
    /* Defaults. */
    {ROW, "store", "/var/lib/fernit", {{NULL}, {NULL}, NULL}},
    {ROW, "mode", "0600", {{NULL}, {NULL}, NULL}},
    {ROW, "cmd", "10000", {{NULL}, {NULL}, NULL}},
    {ROW, "lock", "30000", {{NULL}, {NULL}, NULL}},
    {ROW, "deliver", "env cfg ", {{NULL}, {NULL}, NULL}},
    {ROW, "files", "", {{NULL}, {NULL}, NULL}},
    {ROW, "flags", "", {{NULL}, {NULL}, NULL}},
    {ROW, "level", "normal", {{NULL}, {NULL}, NULL}},
    {ROW, "words", "", {{NULL}, {NULL}, NULL}},

    /* Flag beats environment beats ini beats default. */
    {ROW, "store", "/i named", {{NULL}, {NULL}, "[fernit]\nstore = /i\n"}},
    {ROW, "store", "/e named", {{NULL}, {"FERNIT_STORE=/e"}, "[fernit]\nstore = /i\n"}},
    {ROW, "store", "/f named", {{"--store", "/f"}, {"FERNIT_STORE=/e"}, "[fernit]\nstore = /i\n"}},
    {ROW, "store", "/f named", {{"--store=/f"}, {NULL}, "[fernit]\nstore = /i\n"}},
    {ROW, "store", "/var/lib/fernit named", {{"--store=/var/lib/fernit"}, {NULL}, NULL}},
    {ROW, "mode", "0640", {{NULL}, {NULL}, "[fernit]\nstore_mode = 0640\n"}},
    {ROW, "mode", "0660", {{NULL}, {"FERNIT_STORE_MODE=0660"}, "[fernit]\nstore_mode = 0640\n"}},
    {ROW, "mode", "0600", {{"--store-mode=600"}, {"FERNIT_STORE_MODE=0660"}, NULL}},
    {ROW, "cmd", "1000", {{NULL}, {NULL}, "[fernit]\ncmd_timeout = 1s\n"}},
    {ROW, "cmd", "2000", {{NULL}, {"FERNIT_CMD_TIMEOUT=2s"}, "[fernit]\ncmd_timeout = 1s\n"}},
    {ROW, "cmd", "3", {{"--cmd-timeout", "3ms"}, {"FERNIT_CMD_TIMEOUT=2s"}, NULL}},
    {ROW, "lock", "30000", {{"--cmd-timeout", "3ms"}, {NULL}, NULL}},
    {ROW, "lock", "0", {{NULL}, {"FERNIT_LOCK_TIMEOUT=0"}, NULL}},
    {ROW, "deliver", "env ", {{NULL}, {NULL}, "[fernit]\ndeliver = env\n"}},
    {ROW, "deliver", "cfg ", {{NULL}, {"FERNIT_DELIVER=cfg"}, "[fernit]\ndeliver = env\n"}},
    {ROW, "deliver", "env cfg ", {{"--deliver=cfg,env"}, {"FERNIT_DELIVER=cfg"}, NULL}},
    {ROW, "flags", "ephemeral ", {{NULL}, {NULL}, "[fernit]\nallow_ephemeral = yes\n"}},
    {ROW, "flags", "", {{NULL}, {"FERNIT_ALLOW_EPHEMERAL=0"}, "[fernit]\nallow_ephemeral = yes\n"}},
    {ROW, "flags", "ephemeral ", {{"--allow-ephemeral"}, {"FERNIT_ALLOW_EPHEMERAL=0"}, NULL}},
    {ROW, "flags", "", {{"--allow-ephemeral=no"}, {"FERNIT_ALLOW_EPHEMERAL=1"}, NULL}},

    /* Within one, the later; of a variable that is there twice, the first, as for getenv. */
    {ROW, "store", "/2 named", {{"--store", "/1", "--store=/2"}, {NULL}, NULL}},
    {ROW, "store", "/1 named", {{NULL}, {"FERNIT_STORE=/1", "FERNIT_STORE=/2"}, NULL}},
    {ROW, "flags", "", {{"--allow-ephemeral", "--allow-ephemeral=off"}, {NULL}, NULL}},

    /* A variable that is set to nothing is not there. */
    {ROW, "store", "/i named", {{NULL}, {"FERNIT_STORE="}, "[fernit]\nstore = /i\n"}},
    {ROW, "store", "/var/lib/fernit", {{NULL}, {"FERNIT_STORE="}, NULL}},
    {ROW, "cmd", "10000", {{NULL}, {"FERNIT_CMD_TIMEOUT="}, NULL}},

    /* Booleans. */
    {ROW, "flags", "ephemeral ", {{"--allow-ephemeral=1"}, {NULL}, NULL}},
    {ROW, "flags", "ephemeral ", {{NULL}, {"FERNIT_ALLOW_EPHEMERAL=true"}, NULL}},
    {ROW, "flags", "ephemeral ", {{NULL}, {"FERNIT_ALLOW_EPHEMERAL=ON"}, NULL}},
    {ROW, "flags", "ephemeral ", {{NULL}, {"FERNIT_ALLOW_EPHEMERAL=Yes"}, NULL}},
    {ROW, "flags", "", {{NULL}, {"FERNIT_ALLOW_EPHEMERAL=false"}, NULL}},
    {ROW, "flags", "", {{NULL}, {"FERNIT_ALLOW_EPHEMERAL=off"}, NULL}},
    {ROW, "flags", "", {{NULL}, {NULL}, "[fernit]\nallow_ephemeral = no\n"}},

    /* Lists: repeated on the command line, with commas elsewhere; the strongest alone. */
    {ROW, "files", "/a;", {{"--secret-file", "/a"}, {NULL}, NULL}},
    {ROW,
     "files",
     "/b;/a;/b;",
     {{"--secret-file=/b", "--secret-file", "/a", "--secret-file=/b"}, {NULL}, NULL}},
    {ROW, "files", "/a,b;", {{"--secret-file=/a,b"}, {NULL}, NULL}},
    {ROW, "files", "/a;/b;", {{NULL}, {"FERNIT_SECRET_FILE=/a,/b"}, NULL}},
    {ROW, "files", "/a;/b c;", {{NULL}, {"FERNIT_SECRET_FILE= /a ,, /b c, "}, NULL}},
    {ROW, "files", "/a;/b;", {{NULL}, {NULL}, "[fernit]\nsecret_file = /a,\n  /b\n"}},
    {ROW, "files", "/e;", {{NULL}, {"FERNIT_SECRET_FILE=/e"}, "[fernit]\nsecret_file = /i\n"}},
    {ROW,
     "files",
     "/f;",
     {{"--secret-file=/f"}, {"FERNIT_SECRET_FILE=/e"}, "[fernit]\nsecret_file = /i\n"}},

    /* --quiet and --verbose: the stronger source, within one the later. */
    {ROW, "level", "quiet", {{"--quiet"}, {NULL}, NULL}},
    {ROW, "level", "verbose", {{"--verbose"}, {NULL}, NULL}},
    {ROW, "level", "verbose", {{"--quiet", "--verbose"}, {NULL}, NULL}},
    {ROW, "level", "quiet", {{"--verbose", "--quiet"}, {NULL}, NULL}},
    {ROW, "level", "quiet", {{"--verbose", "--quiet", "--verbose=no"}, {NULL}, NULL}},
    {ROW, "level", "quiet", {{"--quiet"}, {"FERNIT_VERBOSE=1"}, NULL}},
    {ROW, "level", "verbose", {{"--verbose"}, {"FERNIT_QUIET=1"}, NULL}},
    {ROW, "level", "verbose", {{NULL}, {"FERNIT_VERBOSE=1"}, "[fernit]\nquiet = yes\n"}},
    {ROW, "level", "quiet", {{NULL}, {"FERNIT_QUIET=1"}, "[fernit]\nverbose = yes\n"}},
    {ROW, "level", "verbose", {{NULL}, {NULL}, "[fernit]\nquiet = yes\nverbose = yes\n"}},
    {ROW, "level", "quiet", {{NULL}, {NULL}, "[fernit]\nverbose = yes\nquiet = yes\n"}},
    {ROW, "level", "normal", {{"--quiet=no"}, {"FERNIT_QUIET=1"}, NULL}},
    {ROW, "level", "quiet", {{"--verbose=no"}, {"FERNIT_QUIET=1"}, NULL}},
    {ROW, "level", "verbose", {{"--quiet=off"}, {NULL}, "[fernit]\nverbose = yes\n"}},

    {ROW, "format", "text", {{NULL}, {NULL}, NULL}},
    {ROW, "format", "json", {{"--log-format", "json"}, {NULL}, NULL}},
    {ROW, "format", "json", {{NULL}, {"FERNIT_LOG_FORMAT=json"}, NULL}},
    {ROW, "format", "json", {{NULL}, {NULL}, "[fernit]\nlog_format = json\n"}},
    {ROW, "format", "text", {{"--log-format=text"}, {"FERNIT_LOG_FORMAT=json"}, NULL}},
    {ROW, "format", "text", {{NULL}, {"FERNIT_LOG_FORMAT=text"}, "[fernit]\nlog_format = json\n"}},
    {ROW, "format", "json", {{"--log-format=text", "--log-format=json"}, {NULL}, NULL}},

    /* Options stop at the first word that is none. */
    {ROW, "words", "sh;-c;exit 3;", {{"sh", "-c", "exit 3"}, {NULL}, NULL}},
    {ROW, "words", "sh;--store;/x;", {{"--quiet", "sh", "--store", "/x"}, {NULL}, NULL}},
    {ROW, "store", "/var/lib/fernit", {{"sh", "--store", "/x"}, {NULL}, NULL}},
    {ROW, "words", "sh;-c;", {{"--", "sh", "-c"}, {NULL}, NULL}},
    {ROW, "words", "--store;", {{"--quiet", "--", "--store"}, {NULL}, NULL}},
    {ROW, "words", "sh;--;x;", {{"sh", "--", "x"}, {NULL}, NULL}},
    {ROW, "words", "--;x;", {{"--", "--", "x"}, {NULL}, NULL}},
    {ROW, "words", "", {{"--"}, {NULL}, NULL}},
    {ROW, "words", "-;", {{"-"}, {NULL}, NULL}},
    {ROW, "words", ";", {{""}, {NULL}, NULL}},
    {ROW, "store", "/a=b named", {{"--store=/a=b"}, {NULL}, NULL}},

    /* Help is asked for before anything else counts. */
    {ROW, "flags", "help ", {{"--help"}, {NULL}, NULL}},
    {ROW, "flags", "help ", {{"-h"}, {NULL}, NULL}},
    {ROW, "flags", "help ", {{"--store", "/x", "--help", "--no-such"}, {NULL}, NULL}},
    {ROW, "flags", "help ", {{"--help"}, {"FERNIT_CMD_TIMEOUT=x"}, "[x]\n"}},
    {ROW, "flags", "", {{"sh", "--help"}, {NULL}, NULL}},

    /* What is done with a key that is new; and with which secrets, by name, in any order. */
    {ROW, "change", "keep", {{NULL}, {NULL}, NULL}},
    {ROW, "change", "stage", {{"--on-change", "stage"}, {NULL}, NULL}},
    {ROW, "change", "refuse", {{NULL}, {"FERNIT_ON_CHANGE=refuse"}, NULL}},
    {ROW, "change", "replace", {{NULL}, {NULL}, "[fernit]\non_change = replace\n"}},
    {ROW, "change", "keep", {{"--on-change=keep"}, {"FERNIT_ON_CHANGE=replace"}, NULL}},
    {ROW, "manage", ALL_SECRETS, {{NULL}, {NULL}, NULL}},
    {ROW, "manage", ALL_SECRETS, {{"--manage=" ALL_NAMES}, {"FERNIT_MANAGE=fernet_key"}, NULL}},
    {ROW, "manage", "fernet_key---", {{"--manage=fernet_key"}, {NULL}, NULL}},
    {ROW, "manage", "fernet_key---", {{"--manage=fernet_key,fernet_key"}, {NULL}, NULL}},
    {ROW, "manage", "-secret_keyjwt_secret-", {{"--manage=jwt_secret,secret_key"}, {NULL}, NULL}},
    {ROW,
     "manage",
     "---internal_api_secret_key",
     {{"--manage=internal_api_secret_key"}, {NULL}, NULL}},
    {ROW,
     "manage",
     "fernet_keysecret_key--",
     {{NULL}, {"FERNIT_MANAGE= fernet_key, secret_key "}, NULL}},
    {ROW, "manage", "--jwt_secret-", {{NULL}, {NULL}, "[fernit]\nmanage =\n  jwt_secret\n"}},
    {ROW, "flags", "strict ", {{"--strict"}, {NULL}, NULL}},
    {ROW, "flags", "strict ", {{NULL}, {NULL}, "[fernit]\nstrict = on\n"}},
    {ROW, "flags", "", {{"--strict=off"}, {"FERNIT_STRICT=1"}, NULL}},
    {ROW, "flags", "single ", {{NULL}, {"FERNIT_ASSUME_SINGLE_WRITER=1"}, NULL}},

    {ROW, "flags", "", {{"--init=no"}, {"FERNIT_INIT=0"}, "[fernit]\ninit = off\n"}},

    /* Names in the ini file are spelled either way, and only under [fernit]. */
    {ROW, "cmd", "1000", {{NULL}, {NULL}, "# c\n[fernit]\ncmd-timeout: 1s\n"}},
    {ROW, "cmd", "10000", {{NULL}, {NULL}, "[fernit]\n# cmd_timeout = 1s\n"}},
    {ROW, "cmd", "10000", {{NULL}, {NULL}, "[other]\n"}},
};

static const struct {
    int line;
    const char *says; /* all of these, separated by "|" */
    struct given given;
} wrong[] = {
    {ROW, "--stor is not an option|did you mean --store?", {{"--stor", "/x"}, {NULL}, NULL}},
    {ROW, "--Store is not an option|did you mean --store?", {{"--Store=/x"}, {NULL}, NULL}},
    {ROW,
     "--store_mode is not an option|did you mean --store-mode?",
     {{"--store_mode=0600"}, {NULL}, NULL}},
    {ROW, "-s is not an option|fernit help COMMAND", {{"-s", "/x"}, {NULL}, NULL}},
    {ROW, "--store needs a value|--store DIR", {{"--store"}, {NULL}, NULL}},
    {ROW,
     "--store needs a value|begins with \"-\"|--store=DIR",
     {{"--store", "--quiet"}, {NULL}, NULL}},
    {ROW, "--store: \"x/y\" is not an absolute path", {{"--store=x/y"}, {NULL}, NULL}},
    {ROW, "--store: \"~/y\" is not an absolute path", {{"--store=~/y"}, {NULL}, NULL}},
    {ROW, "--store needs a value", {{"--store="}, {NULL}, NULL}},
    {ROW, "--store needs a value", {{"--store", ""}, {NULL}, NULL}},
    {ROW, "--json is not for this command", {{"--json"}, {NULL}, NULL}},
    {ROW, "--allow-ephemeral|\"maybe\"", {{"--allow-ephemeral=maybe"}, {NULL}, NULL}},
    {ROW, "FERNIT_QUIET|\"2\"", {{NULL}, {"FERNIT_QUIET=2"}, NULL}},
    {ROW, "--cmd-timeout|\"10\"|500ms", {{"--cmd-timeout=10"}, {NULL}, NULL}},
    {ROW, "FERNIT_CMD_TIMEOUT|\"25h\"", {{NULL}, {"FERNIT_CMD_TIMEOUT=25h"}, NULL}},
    {ROW, "fernit.ini: lock-timeout|\"soon\"", {{NULL}, {NULL}, "[fernit]\nlock_timeout = soon\n"}},
    {ROW, "--store-mode|\"0644\"|0660", {{"--store-mode=0644"}, {NULL}, NULL}},
    {ROW, "--store-mode", {{"--store-mode=rw"}, {NULL}, NULL}},
    {ROW, "--store-mode", {{"--store-mode=-600"}, {NULL}, NULL}},
    {ROW, "--store-mode", {{"--store-mode=0x180"}, {NULL}, NULL}},
    {ROW, "--store-mode", {{"--store-mode=0600 "}, {NULL}, NULL}},
    {ROW, "--store-mode", {{"--store-mode=1000000000000000000000600"}, {NULL}, NULL}},
    {ROW, "FERNIT_DELIVER|\"file\"|env, cfg", {{NULL}, {"FERNIT_DELIVER=file"}, NULL}},
    {ROW, "--deliver", {{"--deliver=,"}, {NULL}, NULL}},
    {ROW, "--store|remote", {{"--store=vault:secret/airflow#fernet_key"}, {NULL}, NULL}},
    {ROW, "--log-format|\"xml\"|text|json", {{"--log-format=xml"}, {NULL}, NULL}},
    {ROW, "FERNIT_LOG_FORMAT|\"JSON\"", {{NULL}, {"FERNIT_LOG_FORMAT=JSON"}, NULL}},
    {ROW, "fernit.ini: log-format|\"off\"", {{NULL}, {NULL}, "[fernit]\nlog_format = off\n"}},
    {ROW, "--on-change|\"off\"|keep, stage", {{"--on-change=off"}, {NULL}, NULL}},
    {ROW, "FERNIT_ON_CHANGE|\"Keep\"", {{NULL}, {"FERNIT_ON_CHANGE=Keep"}, NULL}},
    {ROW, "--on-change|\"...\"", {{"--on-change=keep,stage"}, {NULL}, NULL}},
    {ROW, "--manage|\"fernet-key\"|jwt_secret", {{"--manage=fernet-key"}, {NULL}, NULL}},
    {ROW, "FERNIT_MANAGE|\"\"", {{NULL}, {"FERNIT_MANAGE=fernet_key,,jwt_secret"}, NULL}},
    {ROW, "fernit.ini: manage|\"all\"", {{NULL}, {NULL}, "[fernit]\nmanage = all\n"}},
    {ROW, "fernit.ini: manage|empty", {{NULL}, {NULL}, "[fernit]\nmanage =\n"}},
    {ROW, "FERNIT_STRICT|\"maybe\"", {{NULL}, {"FERNIT_STRICT=maybe"}, NULL}},
    {ROW, "--assume-single-writer is not for", {{"--assume-single-writer"}, {NULL}, NULL}},
    {ROW, "--resolve is not an option", {{"--resolve"}, {NULL}, NULL}},
    {ROW, "--grace|without --init|add --init", {{"--grace=10s"}, {NULL}, NULL}},
    {ROW, "--grace|10", {{"--init", "--grace=10"}, {NULL}, NULL}},
    {ROW, "--init|\"maybe\"|yes or no", {{"--init=maybe"}, {NULL}, NULL}},
    {ROW, "--signal-scope|\"all\"|child", {{"--init", "--signal-scope=all"}, {NULL}, NULL}},
    {ROW, "FERNIT_REWRITE|KILL", {{NULL}, {"FERNIT_REWRITE=HUP:0,KILL:TERM"}, NULL}},
    {ROW, "--rewrite|\"TERM\"|TERM:QUIT", {{"--init", "--rewrite=TERM"}, {NULL}, NULL}},
    {ROW, "--ok-exit|\"256\"|255", {{"--init", "--ok-exit=256"}, {NULL}, NULL}},
    {ROW, "FERNIT_OK_EXIT|\"x\"", {{NULL}, {"FERNIT_OK_EXIT=143,x"}, NULL}},
    {ROW, "--pdeathsig|\"FOO\"|TERM", {{"--init", "--pdeathsig=FOO"}, {NULL}, NULL}},
    {ROW, "--grace needs a value", {{"--grace"}, {NULL}, NULL}},
    {ROW,
     "fernit.ini: line 2: stor is not a setting|did you mean store?",
     {{NULL}, {NULL}, "[fernit]\nstor = /x\n"}},
    {ROW, "fernit.ini: line 2: Store ", {{NULL}, {NULL}, "[fernit]\nStore = /x\n"}},
    {ROW, "fernit.ini: line 2: config ", {{NULL}, {NULL}, "[fernit]\nconfig = /x\n"}},
    {ROW, "fernit.ini: line 2: |[other]|[fernit]", {{NULL}, {NULL}, "[other]\nstore = /x\n"}},
    {ROW, "fernit.ini: line 2: |[DEFAULT]", {{NULL}, {NULL}, "[DEFAULT]\nstore = /x\n[fernit]\n"}},
    {ROW, "fernit.ini: line 3: ", {{NULL}, {NULL}, "[fernit]\nstore = /x\nstore = /y\n"}},
    {ROW, "fernit.ini: line 1: ", {{NULL}, {NULL}, "store = /x\n"}},
    {ROW, "fernit.ini: store|empty", {{NULL}, {NULL}, "[fernit]\nstore =\n"}},
    {ROW, "./no.ini", {{"--config=./no.ini"}, {NULL}, NULL}},
    {ROW, "./no.ini", {{NULL}, {"FERNIT_CONFIG=./no.ini"}, NULL}},
    {ROW, "the file of --config: No such file", {{NULL}, {"FERNIT_CONFIG=no.ini"}, NULL}},
    {ROW, "/: is a directory", {{"--config", "/"}, {NULL}, NULL}},
};

static void the_stronger_source_wins(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        _cleanup_settings_ struct settings settings = {0};
        log_set_level(LOG_NORMAL);
        if (read_given(&settings, FOR_RUN, &row->given, &err) != 0)
            fail_row(row, "refused: %s", err.message);
        if (strcmp(value_of(&settings, row->what), row->value) != 0)
            fail_row(row, "%s is \"%s\"", row->what, value_of(&settings, row->what));
    }
    log_set_level(LOG_NORMAL);
}

static void a_fault_names_the_option_as_it_was_given(void **state)
{
    (void)state;
    foreach(row, wrong) {
        struct error err = {0};
        _cleanup_settings_ struct settings settings = {0};
        if (read_given(&settings, FOR_RUN, &row->given, &err) != -1)
            fail_row(row, "was taken");
        char says[256];
        char said[sizeof err.message + sizeof err.hints];
        snprintf(said, sizeof said, "%s\n%s", err.message, err.hints);
        char *save = NULL;
        snprintf(says, sizeof says, "%s", row->says);
        for (char *part = strtok_r(says, "|", &save); part; part = strtok_r(NULL, "|", &save))
            if (!strstr(said, part))
                fail_row(row, "says %s", said);
        if (err.kind == ERROR_NONE || strchr(err.message, '\n'))
            fail_row(row, "says %s", err.message);
    }
}

static void a_fault_is_told_in_the_format_that_is_known_by_then(void **state)
{
    (void)state;
    static const struct {
        int line;
        enum log_format format;
        struct given given;
    } table[] = {
        {ROW, LOG_TEXT, {{"--stor"}, {NULL}, NULL}},
        {ROW, LOG_JSON, {{"--log-format=json", "--stor"}, {NULL}, NULL}},
        {ROW, LOG_TEXT, {{"--stor", "--log-format=json"}, {NULL}, NULL}},
        {ROW, LOG_JSON, {{"--stor"}, {"FERNIT_LOG_FORMAT=json"}, NULL}},
        {ROW, LOG_TEXT, {{"--log-format=text", "--stor"}, {"FERNIT_LOG_FORMAT=json"}, NULL}},
        {ROW, LOG_TEXT, {{"--stor"}, {"FERNIT_LOG_FORMAT=jsn"}, NULL}},
        {ROW, LOG_JSON, {{"--log-format=jsn"}, {"FERNIT_LOG_FORMAT=json"}, NULL}},
        {ROW, LOG_JSON, {{NULL}, {NULL}, "[fernit]\nlog_format = json\nstor = x\n"}},
        {ROW, LOG_JSON, {{"--log-format=json"}, {NULL}, "[fernit]\nlog_format = text\nstor = x\n"}},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_settings_ struct settings settings = {0};
        log_set_format(LOG_TEXT);
        settings_log_early(row->given.environment);
        if (read_given(&settings, FOR_RUN, &row->given, &err) != -1)
            fail_row(row, "was taken");
        if (log_format() != row->format)
            fail_row(row, "is told in format %d", (int)log_format());
    }
    log_set_format(LOG_TEXT);
}

static void each_command_takes_its_own_options(void **state)
{
    (void)state;
    static const struct {
        int line;
        unsigned commands;
        char *flag;
    } table[] = {
        {ROW, FOR_STORE, "--store=/x"},
        {ROW, FOR_STORE, "--quiet"},
        {ROW, FOR_STORE, "--log-format=json"},
        {ROW, FOR_STORE, "--lock-timeout=1s"},
        {ROW, FOR_RUN | FOR_INIT | FOR_STATUS | FOR_KEY, "--secret-file=/x"},
        {ROW, FOR_RUN | FOR_INIT | FOR_STATUS, "--on-change=stage"},
        {ROW, FOR_RUN | FOR_INIT | FOR_STATUS, "--manage=fernet_key"},
        {ROW, FOR_RUN | FOR_INIT | FOR_STATUS, "--strict"},
        {ROW, FOR_INIT | FOR_CHANGE, "--assume-single-writer"},
        {ROW, FOR_CHANGE, "--yes"},
        {ROW, FOR_RUN | FOR_INIT | FOR_STATUS, "--deliver=env"},
        {ROW, FOR_STATUS, "--json"},
        {ROW, FOR_STATUS, "--run-commands"},
        {ROW, FOR_RUN, "--init=no"},
        {ROW, FOR_STORE, "--help"},
    };
    foreach(row, table)
        for (unsigned command = FOR_RUN; command <= FOR_CHANGE; command *= 2) {
            struct error err = {0};
            _cleanup_settings_ struct settings settings = {0};
            const struct given given = {{row->flag}, {NULL}, NULL};
            int result = read_given(&settings, command, &given, &err);
            if ((result == 0) != ((row->commands & command) != 0))
                fail_row(row, "command %u: %s", command, result ? err.message : "taken");
        }
    log_set_level(LOG_NORMAL);
    log_set_format(LOG_TEXT);
}

/* But a variable or a line of the file may be there for another command. */
static void what_is_for_another_command_is_no_fault_in_the_environment(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_settings_ struct settings settings = {0};
    const struct given given = {
        {NULL}, {"FERNIT_JSON=1", "FERNIT_DELIVER=env"}, "[fernit]\nrun_commands = yes\n"};
    assert_int_equal(read_given(&settings, FOR_KEY, &given, &err), 0);
}

static void a_secret_in_the_wrong_place_is_not_shown(void **state)
{
    (void)state;
    static const struct given table[] = {
        {{"--29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="}, {NULL}, NULL},
        {{"--fernet-key=29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="}, {NULL}, NULL},
    };
    foreach(given, table) {
        struct error err = {0};
        _cleanup_settings_ struct settings settings = {0};
        assert_int_equal(read_given(&settings, FOR_RUN, given, &err), -1);
        if (strstr(err.message, "29zd3t"))
            fail_msg("says %s", err.message);
    }
}

static void without_a_file_at_the_default_place_there_are_no_settings_in_it(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_settings_ struct settings settings = {0};
    char *nothing[] = {NULL};
    if (access("/etc/fernit.ini", F_OK) == 0)
        skip();
    assert_int_equal(settings_read(&settings, FOR_RUN, nothing, nothing, &err), 0);
    assert_string_equal(settings.store, "/var/lib/fernit");
}

static bool explains_nothing(const char *assignment)
{
    (void)assignment;
    return false;
}

/* What is written to standard error meanwhile. */
static const char *warnings_of(const struct given *given)
{
    struct error err = {0};
    _cleanup_settings_ struct settings settings = {0};
    int saved = dup(STDERR_FILENO);
    int fd = open("log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(fd, STDERR_FILENO);
    int result = read_given(&settings, FOR_RUN, given, &err);
    warn_of_unknown_variables(given->environment, explains_nothing);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(fd);
    assert_int_equal(result, 0);
    log_set_level(LOG_NORMAL);
    return text_of("log");
}

static void unknown_variables_are_warned_of(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *warning;
        struct given given;
    } table[] = {
        {ROW, "", {{NULL}, {"FERNIT_STORE=/x", "PATH=/bin"}, NULL}},
        {ROW,
         "fernit: warning: unknown-variable: FERNIT_STOR is ignored: it is not a setting of "
         "fernit\n"
         "fernit: hint: did you mean FERNIT_STORE?\n",
         {{NULL}, {"FERNIT_STOR=/secret"}, NULL}},
        {ROW,
         "fernit: warning: unknown-variable: FERNIT_CMD_TIMOUT is ignored: it is not a setting of "
         "fernit\n"
         "fernit: hint: did you mean FERNIT_CMD_TIMEOUT?\n",
         {{NULL}, {"FERNIT_CMD_TIMOUT=1s"}, NULL}},
        {ROW,
         "fernit: warning: unknown-variable: FERNIT_FOO is ignored: it is not a setting of "
         "fernit\n",
         {{NULL}, {"FERNIT_FOO=1s"}, NULL}},
        {ROW,
         "fernit: warning: unknown-variable: FERNIT_YES is ignored: --yes is for the command "
         "line alone\n",
         {{NULL}, {"FERNIT_YES=1"}, NULL}},
        {ROW, "", {{NULL}, {"FERNIT_PORT=tcp://10.0.0.1:80", "FERNIT_TEST_X=1"}, NULL}},
        {ROW, "", {{"--quiet"}, {"FERNIT_STOR=/x"}, NULL}},
    };
    foreach(row, table)
        if (strcmp(warnings_of(&row->given), row->warning) != 0)
            fail_row(row, "wrote %s", text_of("log"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(the_stronger_source_wins),
        in_folder(a_fault_names_the_option_as_it_was_given),
        in_folder(a_fault_is_told_in_the_format_that_is_known_by_then),
        in_folder(each_command_takes_its_own_options),
        in_folder(what_is_for_another_command_is_no_fault_in_the_environment),
        in_folder(a_secret_in_the_wrong_place_is_not_shown),
        in_folder(without_a_file_at_the_default_place_there_are_no_settings_in_it),
        in_folder(unknown_variables_are_warned_of),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
