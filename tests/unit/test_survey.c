#include "resolve/survey.h"

#include "folder.h"
#include "rings.h"

#define A "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
#define B "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
#define C "Q0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0M="
#define NO_KEY "hunter2hunter2"

#define VAR "AIRFLOW__CORE__FERNET_KEY"
#define CFG "airflow.cfg: fernet_key"
#define MARK "# fernit keeps this beside fernet_key_cmd\n"

static const struct signals no_signals = {.descriptor = -1};

struct given {
    char *environment[4];
    const char *secret_files[3];
    const char *stored;
    const char *cfg;
};

static const struct managed *const fernet = MANAGED_FERNET_KEY;

/* Files that are there in every test, to be named by variables. */
static void write_files(const struct given *given, const char *name)
{
    char path[64];
    write_text("key", A "\n");
    write_text("other", B);
    write_text("two", A "," B "\n");
    write_text("empty", "");
    write_text("blank", " \n\t\n");
    write_text("bad", NO_KEY);
    write_text("dollar", "a$X");
    write_text("lines", "a\nb\n");
    unlink("link");
    unlink("dangling");
    assert_int_equal(symlink("key", "link"), 0);
    assert_int_equal(symlink("nothing", "dangling"), 0);
    mkdir("folder", 0700);
    mkfifo("fifo", 0600);
    mkdir("store", 0700);
    snprintf(path, sizeof path, "store/%s", name);
    unlink(path);
    unlink("airflow.cfg");
    if (given->stored)
        write_text(path, given->stored);
    if (given->cfg)
        write_text("airflow.cfg", given->cfg);
}

/* All of airflow.cfg, or no more than the secret's own options where these are enough. */
static void read_cfg(const struct managed *secret, bool whole, struct shared_cfg *look)
{
    struct ini_wanted wanted[MANAGED_OPTIONS];
    size_t count = 0;
    for (; !whole && secret->options[count].variable; count++)
        wanted[count] =
            (struct ini_wanted){secret->options[count].section, secret->options[count].option};
    look->path = "airflow.cfg";
    look->readable = cfg_read_options(look->path, wanted, count, &look->cfg, &look->error) == 0;
}

struct how {
    const struct managed *secret;
    enum run_commands commands;
    bool in_command;
    bool part_of_cfg; /* as far as it is needed */
    bool *was_whole;  /* whether all of it was read nevertheless; may be NULL */
};

static int look_at(const struct given *given, const struct how *how, struct survey *survey,
                   struct error *err)
{
    static char path[] = "PATH=/usr/bin:/bin";
    char *environment[COUNT(given->environment) + 2] = {NULL};
    size_t count = 0;
    for (; count < COUNT(given->environment) && given->environment[count]; count++)
        environment[count] = given->environment[count];
    environment[count] = path;
    write_files(given, how->secret->name);

    struct store store;
    struct shared_cfg cfg = {0};
    read_cfg(how->secret, !how->part_of_cfg, &cfg);
    assert_int_equal(store_open(&store, "store", 0600, err), 0);
    const struct survey_input input = {
        .secret = how->secret,
        .environment = environment,
        .secret_files = given->secret_files,
        .store = &store,
        .cfg = &cfg,
        .commands = how->commands,
        .in_command = how->in_command,
        .command_timeout = 10000,
        .signals = &no_signals,
    };
    int looked = survey_all(&input, survey, err);
    if (how->was_whole)
        *how->was_whole = cfg.cfg.is_whole;
    store_close(&store);
    cfg_free(&cfg.cfg);
    return looked;
}

/* As a run does. */
static int look(const struct given *given, const struct managed *secret, struct survey *survey,
                struct error *err)
{
    const struct how how = {.secret = secret, .commands = RUN_COMMANDS_NEEDED};
    return look_at(given, &how, survey, err);
}

/* The keys' letters, or the value itself. */
static const char *ring_words(const struct ring *ring)
{
    static char text[VALUE_MOST + 1];
    if (!ring->is_value)
        return letters_of(ring);
    snprintf(text, sizeof text, "%.*s", (int)ring->keys.length,
             ring->keys.length > 0 ? ring->keys.bytes : "");
    return text;
}

/* Those that are not absent, in their order: "FERNET_KEY=A key=broken". */
static const char *describe(const struct survey *survey)
{
    static const char *const names[] = {"absent", "empty",   "",           "broken",     "secret",
                                        "own",    "command", "unfinished", "placeholder"};
    static char text[2048];
    *text = '\0';
    for (size_t i = 0; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        if (source->finding == FOUND_ABSENT)
            continue;
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s=%s%s%s", *text ? " " : "",
                 source->name, names[source->finding], ring_words(&source->ring),
                 source->fatal ? "!" : "");
    }
    return text;
}

static const struct {
    int line;
    const char *found;
    struct given given;
} right[] = {
    {ROW, "", {{NULL}, {NULL}, NULL, NULL}},

    /* Variables. */
    {ROW, VAR "=A", {{VAR "=" A}, {NULL}, NULL, NULL}},
    {ROW, VAR "=AB", {{VAR "= " A "," B "\n"}, {NULL}, NULL, NULL}},
    {ROW, VAR "=empty", {{VAR "="}, {NULL}, NULL, NULL}},
    {ROW, VAR "=empty", {{VAR "= \t\n"}, {NULL}, NULL, NULL}},
    {ROW, VAR "=broken", {{VAR "=" NO_KEY}, {NULL}, NULL, NULL}},
    {ROW, VAR "=broken", {{VAR "=" A ","}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY=A", {{"FERNET_KEY=" A}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY=empty", {{"FERNET_KEY="}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY=broken", {{"FERNET_KEY=$FERNET_KEY"}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY=broken", {{"FERNET_KEY=$K", "K=" A}, {NULL}, NULL, NULL}},
    {ROW, VAR "_SECRET=secret", {{VAR "_SECRET=path"}, {NULL}, NULL, NULL}},
    {ROW, VAR "_SECRET=empty", {{VAR "_SECRET= "}, {NULL}, NULL, NULL}},

    /* Airflow expands its own variable, and nothing else. */
    {ROW, VAR "=A FERNET_KEY=A", {{VAR "=$FERNET_KEY", "FERNET_KEY=" A}, {NULL}, NULL, NULL}},
    {ROW, VAR "=AB", {{VAR "=${X},$Y", "X=" A, "Y=" B}, {NULL}, NULL, NULL}},
    {ROW, VAR "=broken", {{VAR "=$FERNET_KEY"}, {NULL}, NULL, NULL}},
    {ROW, VAR "=broken", {{VAR "=$X", "X=$Y", "Y=$X"}, {NULL}, NULL, NULL}},

    /* Both of a pair. */
    {ROW, VAR "=broken! " VAR "_FILE=A", {{VAR "=" A, VAR "_FILE=key"}, {NULL}, NULL, NULL}},
    {ROW,
     "FERNET_KEY=broken! FERNET_KEY_FILE=A",
     {{"FERNET_KEY=" A, "FERNET_KEY_FILE=key"}, {NULL}, NULL, NULL}},
    {ROW, VAR "=empty " VAR "_FILE=A", {{VAR "=", VAR "_FILE=key"}, {NULL}, NULL, NULL}},
    {ROW, VAR "=A " VAR "_FILE=empty", {{VAR "=" A, VAR "_FILE="}, {NULL}, NULL, NULL}},
    {ROW, VAR "=A FERNET_KEY_FILE=B", {{VAR "=" A, "FERNET_KEY_FILE=other"}, {NULL}, NULL, NULL}},

    /* Files: links are followed, modes are not checked, an empty file is broken. */
    {ROW, VAR "_FILE=A", {{VAR "_FILE=key"}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY_FILE=AB", {{"FERNET_KEY_FILE=two"}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY_FILE=A", {{"FERNET_KEY_FILE=link"}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY_FILE=empty", {{"FERNET_KEY_FILE="}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY_FILE=broken", {{"FERNET_KEY_FILE=nothing"}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY_FILE=broken", {{"FERNET_KEY_FILE=dangling"}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY_FILE=broken", {{"FERNET_KEY_FILE=empty"}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY_FILE=broken", {{"FERNET_KEY_FILE=blank"}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY_FILE=broken", {{"FERNET_KEY_FILE=bad"}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY_FILE=broken", {{"FERNET_KEY_FILE=folder"}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY_FILE=broken", {{"FERNET_KEY_FILE=fifo"}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY_FILE=broken", {{"FERNET_KEY_FILE=$X", "X=key"}, {NULL}, NULL, NULL}},
    {ROW, "FERNET_KEY_FILE=broken", {{"FERNET_KEY_FILE=" A}, {NULL}, NULL, NULL}},
    {ROW, "key=A", {{NULL}, {"key"}, NULL, NULL}},
    {ROW, "other=B key=A", {{NULL}, {"other", "key"}, NULL, NULL}},
    {ROW, "./nothing=broken key=A", {{NULL}, {"./nothing", "key"}, NULL, NULL}},
    {ROW, "--secret-file=broken key=A", {{NULL}, {"nothing", "key"}, NULL, NULL}},

    /* The store. */
    {ROW, "store/fernet_key=A", {{NULL}, {NULL}, A "\n", NULL}},
    {ROW, "store/fernet_key=A", {{NULL}, {NULL}, A, NULL}},
    {ROW, "store/fernet_key=AB", {{NULL}, {NULL}, A "," B "\n", NULL}},
    {ROW, "store/fernet_key=broken", {{NULL}, {NULL}, "", NULL}},
    {ROW, "store/fernet_key=broken", {{NULL}, {NULL}, "QUFBQUFBQUFB", NULL}},
    {ROW, "store/fernet_key=broken", {{NULL}, {NULL}, "$FERNET_KEY\n", NULL}},

    /* airflow.cfg. */
    {ROW, CFG "=A", {{NULL}, {NULL}, NULL, "[core]\nfernet_key = " A "\n"}},
    {ROW, CFG "=A", {{NULL}, {NULL}, NULL, "[DEFAULT]\nfernet_key = " A "\n[core]\n"}},
    {ROW, CFG "=AB", {{NULL}, {NULL}, NULL, "[core]\nfernet_key = " A ",\n  " B "\n"}},
    {ROW, CFG "=empty", {{NULL}, {NULL}, NULL, "[core]\nfernet_key =\n"}},
    {ROW, CFG "=broken", {{NULL}, {NULL}, NULL, "[core]\nfernet_key = " NO_KEY "\n"}},
    {ROW, CFG "=broken", {{NULL}, {NULL}, NULL, "[core]\nfernet_key = 100%\n"}},
    {ROW, CFG "=broken", {{NULL}, {NULL}, NULL, "fernet_key = " A "\n"}},
    {ROW, CFG "=placeholder", {{NULL}, {NULL}, NULL, "[core]\nfernet_key = $FERNET_KEY\n"}},
    {ROW, CFG "_secret=secret", {{NULL}, {NULL}, NULL, "[core]\nfernet_key_secret = x\n"}},
    {ROW,
     CFG "=empty " CFG "_secret=secret",
     {{NULL}, {NULL}, NULL, "[core]\nfernet_key =\nfernet_key_secret = x\n"}},
    {ROW, CFG "_cmd=broken", {{NULL}, {NULL}, NULL, "[core]\nfernet_key_cmd = echo %s\n"}},
    {ROW, CFG "_secret=broken", {{NULL}, {NULL}, NULL, "[core]\nfernet_key_secret = %s\n"}},
    {ROW, "", {{NULL}, {NULL}, NULL, "[core]\n# fernet_key = " A "\n[x]\nfernet_key = " A "\n"}},
    {ROW, "", {{NULL}, {NULL}, NULL, "[core]\nFERNET_KEY = " A "\n"}},
    {ROW, "", {{NULL}, {NULL}, NULL, "[core]\nfernet_key_cmd =\nfernet_key_secret =\n"}},

    /* Commands: run where nothing before them holds a key. */
    {ROW, VAR "_CMD=A", {{VAR "_CMD=cat key"}, {NULL}, NULL, NULL}},
    {ROW, VAR "_CMD=AB", {{VAR "_CMD=printf ' %s,%s\\n' " A " " B}, {NULL}, NULL, NULL}},
    {ROW, VAR "_CMD=empty", {{VAR "_CMD= "}, {NULL}, NULL, NULL}},
    {ROW, VAR "_CMD=broken", {{VAR "_CMD=true"}, {NULL}, NULL, NULL}},
    {ROW, VAR "_CMD=broken", {{VAR "_CMD=false"}, {NULL}, NULL, NULL}},
    {ROW, VAR "_CMD=broken", {{VAR "_CMD=no-such-program"}, {NULL}, NULL, NULL}},
    {ROW, VAR "_CMD=broken", {{VAR "_CMD=echo 'x"}, {NULL}, NULL, NULL}},
    {ROW, VAR "_CMD=broken", {{VAR "_CMD=echo " NO_KEY}, {NULL}, NULL, NULL}},
    {ROW, VAR "_CMD=broken", {{VAR "_CMD=echo $FERNET_KEY"}, {NULL}, NULL, NULL}},
    {ROW, VAR "_CMD=broken", {{VAR "_CMD=" A}, {NULL}, NULL, NULL}},
    {ROW, VAR "_CMD=own store/fernet_key=A", {{VAR "_CMD=cat store/fernet_key"}, {NULL}, A, NULL}},
    {ROW, VAR "_CMD=own", {{VAR "_CMD=fernit key print"}, {NULL}, NULL, NULL}},
    {ROW, VAR "=A " VAR "_CMD=command", {{VAR "=" A, VAR "_CMD=cat key"}, {NULL}, NULL, NULL}},
    {ROW, VAR "=empty " VAR "_CMD=A", {{VAR "=", VAR "_CMD=cat key"}, {NULL}, NULL, NULL}},
    {ROW, CFG "_cmd=A", {{NULL}, {NULL}, NULL, "[core]\nfernet_key_cmd = cat key\n"}},
    {ROW,
     CFG "=empty " CFG "_cmd=A",
     {{NULL}, {NULL}, NULL, "[core]\nfernet_key =\nfernet_key_cmd = cat key\n"}},
    {ROW,
     CFG "=A " CFG "_cmd=command",
     {{NULL}, {NULL}, NULL, "[core]\nfernet_key_cmd = cat key\nfernet_key = " A "\n"}},
    {ROW,
     "store/fernet_key=B " CFG "_cmd=A",
     {{NULL}, {NULL}, B, "[core]\nfernet_key_cmd = cat key\n"}},
    {ROW,
     "store/fernet_key=B " CFG "=B " CFG "_cmd=command",
     {{NULL}, {NULL}, B, "[core]\nfernet_key_cmd = cat key\nfernet_key = " B "\n"}},
    {ROW,
     "store/fernet_key=B " CFG "=B " CFG "_cmd=A",
     {{NULL}, {NULL}, B, "[core]\nfernet_key_cmd = cat key\n" MARK "fernet_key = " B "\n"}},
    {ROW,
     CFG "=B " CFG "_cmd=A",
     {{NULL}, {NULL}, NULL, "[core]\n" MARK "fernet_key = " B "\nfernet_key_cmd = cat key\n"}},
    {ROW,
     CFG "=B " CFG "_cmd=command",
     {{NULL}, {NULL}, NULL, "[core]\n#" MARK "fernet_key = " B "\nfernet_key_cmd = cat key\n"}},
    {ROW,
     CFG "=broken " CFG "_cmd=command",
     {{NULL}, {NULL}, NULL, "[core]\n" MARK "fernet_key = x\nfernet_key_cmd = cat key\n"}},
    {ROW,
     "store/fernet_key=B " CFG "=A " CFG "_cmd=command",
     {{NULL}, {NULL}, B, "[core]\nfernet_key_cmd = cat key\nfernet_key = " A "\n"}},
    {ROW,
     VAR "_SECRET=secret " CFG "_cmd=command",
     {{VAR "_SECRET=x"}, {NULL}, NULL, "[core]\nfernet_key_cmd = cat key\n"}},
    {ROW,
     "FERNET_KEY_FILE=broken " CFG "_cmd=command",
     {{"FERNET_KEY_FILE=nothing"}, {NULL}, NULL, "[core]\nfernet_key_cmd = cat key\n"}},

    /* All at once. */
    {ROW,
     VAR "=A FERNET_KEY=B key=A other=B store/fernet_key=C " CFG "=C",
     {{VAR "=" A, "FERNET_KEY=" B}, {"key", "other"}, C, "[core]\nfernet_key = " C "\n"}},
};

#define WEB "AIRFLOW__WEBSERVER__SECRET_KEY"
#define API "AIRFLOW__API__SECRET_KEY"
#define JWT "AIRFLOW__API_AUTH__JWT_SECRET"
#define WEB_CFG "airflow.cfg: [webserver] secret_key"
#define API_CFG "airflow.cfg: [api] secret_key"
#define STORED "store/secret_key"

enum { FERNET, SECRET, JWT_SECRET };

/* Secrets that are a value, one of them with two names. */
static const struct {
    int line;
    size_t secret; /* in managed_secrets */
    const char *found;
    struct given given;
} values[] = {
    {ROW, SECRET, "", {{NULL}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "=s3", {{WEB "=s3"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "=a,b c", {{WEB "= a,b c\n"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "=" A, {{WEB "=" A}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "=s3 " API "=t4", {{API "=t4", WEB "=s3"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "=empty " API "=t4", {{API "=t4", WEB "="}, {NULL}, NULL, NULL}},
    {ROW, JWT_SECRET, JWT "=s3", {{JWT "=s3", WEB "=t4"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, "", {{"SECRET_KEY=s3", JWT "=t4", "FERNET_KEY=" A}, {NULL}, NULL, NULL}},

    /* Not one that Airflow would read otherwise. */
    {ROW, SECRET, WEB "=s3", {{WEB "=$X", "X=s3"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "=$X", {{WEB "=$X"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "=a$b", {{WEB "=a$b"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "=~root~", {{WEB "=~root~", "HOME=/h"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, API "_FILE=broken", {{API "_FILE=dollar", "X=s3"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, API "_FILE=a$X", {{API "_FILE=dollar"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, STORED "=broken", {{"X=s3"}, {NULL}, "a$X\n", NULL}},
    {ROW, SECRET, STORED "=a$X", {{NULL}, {NULL}, "a$X\n", NULL}},
    {ROW, SECRET, WEB "=broken", {{WEB "=a\nb"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "=broken", {{WEB "=a\tb"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "_FILE=broken", {{WEB "_FILE=lines"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "_FILE=broken", {{WEB "_FILE=blank"}, {NULL}, NULL, NULL}},

    /* Files and commands under both names; neither --secret-file nor a bare name. */
    {ROW, SECRET, WEB "_FILE=hunter2hunter2", {{WEB "_FILE=bad"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, API "_FILE=" B, {{API "_FILE=other"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "=s3 " API "_FILE=" B, {{WEB "=s3", API "_FILE=other"}, {NULL}, NULL, NULL}},
    {ROW,
     SECRET,
     WEB "=broken! " WEB "_FILE=" B,
     {{WEB "=s3", WEB "_FILE=other"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "_FILE=broken", {{WEB "_FILE=" A}, {NULL}, NULL, NULL}},
    {ROW, SECRET, "", {{"FERNET_KEY_FILE=key"}, {"key", "other"}, NULL, NULL}},
    {ROW, SECRET, WEB "_CMD=s3", {{WEB "_CMD=echo s3"}, {NULL}, NULL, NULL}},
    {ROW,
     SECRET,
     WEB "_CMD=s3 " API "_CMD=command",
     {{API "_CMD=echo t4", WEB "_CMD=echo s3"}, {NULL}, NULL, NULL}},
    {ROW,
     SECRET,
     API "=t4 " WEB "_CMD=command",
     {{API "=t4", WEB "_CMD=echo s3"}, {NULL}, NULL, NULL}},
    {ROW,
     SECRET,
     WEB "_SECRET=secret " API "_CMD=command",
     {{WEB "_SECRET=x", API "_CMD=echo s3"}, {NULL}, NULL, NULL}},
    {ROW, SECRET, WEB "_CMD=broken", {{WEB "_CMD=printf 'a\\nb'"}, {NULL}, NULL, NULL}},
    {ROW,
     SECRET,
     API "_CMD=own " STORED "=s3",
     {{API "_CMD=cat store/secret_key"}, {NULL}, "s3\n", NULL}},

    /* The store: whole with its newline. */
    {ROW, SECRET, STORED "=s3", {{NULL}, {NULL}, "s3\n", NULL}},
    {ROW, SECRET, STORED "=s3", {{NULL}, {NULL}, "s3", NULL}},
    {ROW, SECRET, STORED "=broken", {{NULL}, {NULL}, "\n", NULL}},
    {ROW, SECRET, STORED "=broken", {{NULL}, {NULL}, "a\nb\n", NULL}},

    /* airflow.cfg: both options, then what stands beside them. */
    {ROW, SECRET, WEB_CFG "=s3", {{NULL}, {NULL}, NULL, "[webserver]\nsecret_key = s3\n"}},
    {ROW, SECRET, API_CFG "=s3", {{NULL}, {NULL}, NULL, "[api]\nsecret_key = s3\n"}},
    {ROW,
     SECRET,
     WEB_CFG "=s3 " API_CFG "=t4",
     {{NULL}, {NULL}, NULL, "[api]\nsecret_key = t4\n[webserver]\nsecret_key = s3\n"}},
    {ROW,
     SECRET,
     WEB_CFG "=empty " API_CFG "=t4 " WEB_CFG "_cmd=command",
     {{NULL},
      {NULL},
      NULL,
      "[api]\nsecret_key = t4\n[webserver]\nsecret_key =\nsecret_key_cmd = echo s3\n"}},
    {ROW,
     SECRET,
     WEB_CFG "_cmd=s3 " API_CFG "_secret=secret",
     {{NULL},
      {NULL},
      NULL,
      "[api]\nsecret_key_secret = x\n[webserver]\nsecret_key_cmd = echo s3\n"}},
    {ROW,
     SECRET,
     WEB_CFG "=placeholder",
     {{NULL}, {NULL}, NULL, "[webserver]\nsecret_key = $SECRET_KEY\n"}},
    {ROW,
     SECRET,
     WEB_CFG "=s3",
     {{"SECRET_KEY=s3"}, {NULL}, NULL, "[webserver]\nsecret_key = $SECRET_KEY\n"}},
    {ROW, SECRET, WEB_CFG "=50%", {{NULL}, {NULL}, NULL, "[webserver]\nsecret_key = 50%%\n"}},
    {ROW, SECRET, WEB_CFG "=broken", {{NULL}, {NULL}, NULL, "[webserver]\nsecret_key = 50%\n"}},
    {ROW, SECRET, WEB_CFG "=broken", {{NULL}, {NULL}, NULL, "[webserver]\nsecret_key = a\n  b\n"}},
    {ROW, SECRET, "", {{NULL}, {NULL}, NULL, "[core]\nsecret_key = s3\n"}},
};

static void finds_what_stands_in_each_place(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        _cleanup_survey_ struct survey survey = {0};
        if (look(&row->given, fernet, &survey, &err) != 0)
            fail_row(row, "%s", err.message);
        if (strcmp(describe(&survey), row->found) != 0)
            fail_row(row, "found: %s", describe(&survey));
    }
}

static void finds_a_value_under_each_of_its_names(void **state)
{
    (void)state;
    foreach(row, values) {
        struct error err = {0};
        _cleanup_survey_ struct survey survey = {0};
        if (look(&row->given, &managed_secrets[row->secret], &survey, &err) != 0)
            fail_row(row, "%s", err.message);
        if (strcmp(describe(&survey), row->found) != 0)
            fail_row(row, "found: %s", describe(&survey));
    }
}

static void what_is_broken_says_so_by_its_name_with_a_cure_and_no_secret(void **state)
{
    (void)state;
    int broken = 0;
    foreach(row, right) {
        struct error err = {0};
        _cleanup_survey_ struct survey survey = {0};
        assert_int_equal(look(&row->given, fernet, &survey, &err), 0);
        for (size_t i = 0; i < survey.count; i++) {
            const struct source *source = &survey.sources[i];
            if (source->finding != FOUND_BROKEN)
                continue;
            const char *text = source->error->message;
            size_t named = strcspn(source->name, ":");
            bool has_cure = *source->error->hints != '\0';
            if (strncmp(text, source->name, named) != 0 || !has_cure || strchr(text, '\n') ||
                strstr(text, "hunter2") || strstr(text, "QUFB"))
                fail_row(row, "says %s", text);
            broken++;
        }
    }
    assert_true(broken > 25);
}

static void no_command_is_run_where_none_may_be(void **state)
{
    (void)state;
    static const struct {
        int line;
        bool in_command;
        const char *found;
        struct given given;
    } table[] = {
        {ROW, false, VAR "_CMD=command", {{VAR "_CMD=touch ran"}, {NULL}, NULL, NULL}},
        {ROW, false, VAR "_CMD=broken", {{VAR "_CMD=touch 'ran"}, {NULL}, NULL, NULL}},
        {ROW, false, VAR "_CMD=own", {{VAR "_CMD=cat store/fernet_key"}, {NULL}, NULL, NULL}},
        {ROW,
         false,
         CFG "_cmd=command",
         {{NULL}, {NULL}, NULL, "[core]\nfernet_key_cmd = touch ran\n"}},
        {ROW, true, VAR "_CMD=own", {{VAR "_CMD=touch ran"}, {NULL}, NULL, NULL}},
        {ROW, true, CFG "_cmd=own", {{NULL}, {NULL}, NULL, "[core]\nfernet_key_cmd = touch ran\n"}},
    };
    foreach(row, table) {
        struct error err = {0};
        _cleanup_survey_ struct survey survey = {0};
        const struct how how = {
            .secret = fernet,
            .commands = row->in_command ? RUN_COMMANDS_NEEDED : RUN_COMMANDS_NEVER,
            .in_command = row->in_command,
        };
        assert_int_equal(look_at(&row->given, &how, &survey, &err), 0);
        if (strcmp(describe(&survey), row->found) != 0 || text_of("ran"))
            fail_row(row, "found: %s", describe(&survey));
    }
}

/* Beside a key in the store, that is, and `whole` says what more is found where all of the file was read. */
static void a_file_that_repeats_a_key_is_read_to_its_end_only_if_asked(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *found;
        const char *whole;
        const char *cfg;
    } table[] = {
        {ROW, CFG "=A", "", "[core]\nfernet_key = " A "\na = 1\n"},
        {ROW, CFG "=A", " " CFG "_cmd=broken",
         "[core]\nfernet_key_cmd = x %(y)s\n" MARK "fernet_key = " A "\ny = z\n"},
        {ROW, CFG "=A", " " CFG "_cmd=B " CFG "_secret=secret",
         "[core]\n" MARK "fernet_key = " A "\nfernet_key_cmd = echo " B
         "\nfernet_key_secret = y\n"},
        {ROW, CFG "=A", " " CFG "_cmd=command",
         "[core]\nfernet_key = " A "\nfernet_key_cmd = echo " B "\n"},
        {ROW, CFG "=A", " " CFG "_cmd=broken",
         "[core]\nfernet_key = " A "\nfernet_key_cmd = " A "\n"},
        {ROW, CFG "=A", "", "[core]\nfernet_key = %(k)s\nk = " A "\nx = 1\n"},
        {ROW, CFG "=broken", "", "[core]\nfernet_key = %(k)s\nk = " A "\nx\n"},
        {ROW, CFG "=broken", " " CFG "_secret=secret",
         "[core]\nfernet_key = " NO_KEY "\nfernet_key_secret = x\n"},
        {ROW, CFG "=empty " CFG "_secret=secret", "",
         "[core]\nfernet_key =\nfernet_key_secret = x\n"},
        {ROW, CFG "=placeholder " CFG "_secret=secret", "",
         "[core]\nfernet_key = $FERNET_KEY\nfernet_key_secret = x\n"},
        {ROW, CFG "_cmd=broken", "", "[core]\nfernet_key_cmd = no-such-program\n"},
    };
    static const char stored[] = "store/fernet_key=A ";
    foreach(row, table)
        for (int part = 0; part < 2; part++) {
            struct error err = {0};
            _cleanup_survey_ struct survey survey = {0};
            bool was_whole = false;
            const struct given given = {.stored = A, .cfg = row->cfg};
            const struct how how = {.secret = fernet, .part_of_cfg = part, .was_whole = &was_whole};
            char expected[256];
            if (look_at(&given, &how, &survey, &err) != 0)
                fail_row(row, "%s", err.message);
            snprintf(expected, sizeof expected, "%s%s", row->found,
                     !part || was_whole ? row->whole : "");
            if (strcmp(describe(&survey) + sizeof stored - 1, expected) != 0)
                fail_row(row, "part %d: found %s", part, describe(&survey));
        }
}

/* A path names a source by its end, which tells more than its beginning. */
static void a_name_that_is_too_long_is_cut(void **state)
{
    (void)state;
    static char path[3000];
    struct error err = {0};
    _cleanup_survey_ struct survey survey = {0};
    memset(path, '/', sizeof path);
    memcpy(path + sizeof path - sizeof "no-file", "no-file", sizeof "no-file");
    const struct given given = {.secret_files = {path}};
    assert_int_equal(look(&given, fernet, &survey, &err), 0);
    size_t found = 0;
    for (size_t i = 0; i < survey.count; i++) {
        size_t length = strlen(survey.sources[i].name);
        assert_in_range(length, 1, SOURCE_NAME - 1);
        found += length == SOURCE_NAME - 1 && strstr(survey.sources[i].name, "/no-file");
    }
    assert_int_equal(found, 1);
}

static const struct {
    int line;
    enum finding finding;
    const char *text;
    const char *keys;
    char *environment[3];
} cfg_keys[] = {
    {ROW, FOUND_ABSENT, "", "", {NULL}},
    {ROW, FOUND_ABSENT, "[core]\n", "", {NULL}},
    {ROW, FOUND_KEYS, "[core]\nfernet_key = " A "\n", "A", {NULL}},
    {ROW, FOUND_KEYS, "[core]\nfernet_key =\n  " A ",\n  " B "\n", "AB", {NULL}},
    {ROW, FOUND_KEYS, "[core]\nfernet_key = '" A "'\n", "A", {NULL}},
    {ROW, FOUND_KEYS, "[core]\nfernet_key = " A " # old\n", "A", {NULL}},
    {ROW, FOUND_KEYS, "[core]\nfernet_key = $FERNET_KEY\n", "B", {"FERNET_KEY=" B}},
    {ROW, FOUND_KEYS, "[core]\nfernet_key = ${X},${Y}\n", "AB", {"X=" A, "Y=" B}},
    {ROW, FOUND_KEYS, "[core]\nfernet_key = %(k)s\nk = " A "\n", "A", {NULL}},
    {ROW, FOUND_EMPTY, "[core]\nfernet_key =\n", "", {NULL}},
    {ROW, FOUND_EMPTY, "[core]\nfernet_key = %(k)s\nk =\n", "", {NULL}},
    {ROW, FOUND_EMPTY, "[core]\nfernet_key = $FERNET_KEY\n", "", {"FERNET_KEY="}},
    {ROW, FOUND_EMPTY, "[DEFAULT]\nfernet_key =\n[core]\n", "", {NULL}},
    {ROW, FOUND_PLACEHOLDER, "[core]\nfernet_key = $FERNET_KEY\n", "", {NULL}},
    {ROW, FOUND_PLACEHOLDER, "[core]\nfernet_key = ${FERNET_KEY}\n", "", {NULL}},
    {ROW, FOUND_PLACEHOLDER, "[core]\nfernet_key = $AIRFLOW__CORE__FERNET_KEY\n", "", {NULL}},
    {ROW, FOUND_PLACEHOLDER, "[core]\nfernet_key = $A1\n", "", {"A1=$B2"}},
    {ROW, FOUND_PLACEHOLDER, "[core]\nfernet_key =\n  $FERNET_KEY\n", "", {NULL}},
    {ROW, FOUND_BROKEN, "[core]\nfernet_key = x$FERNET_KEY\n", "", {NULL}},
    {ROW, FOUND_BROKEN, "[core]\nfernet_key = $FERNET_KEY," A "\n", "", {NULL}},
    {ROW, FOUND_BROKEN, "[core]\nfernet_key = $FERNET_KEY # c\n", "", {NULL}},
    {ROW, FOUND_BROKEN, "[core]\nfernet_key = $\n", "", {NULL}},
    {ROW, FOUND_BROKEN, "[core]\nfernet_key = " A ",\n", "", {NULL}},
    {ROW, FOUND_BROKEN, "[core]\nfernet_key = " NO_KEY "\n", "", {NULL}},
    {ROW,
     FOUND_BROKEN,
     "[core]\nfernet_key = cryptography_not_found_storing_passwords_in_plain_text\n",
     "",
     {NULL}},
    {ROW, FOUND_BROKEN, "[core]\nfernet_key = %\n", "", {NULL}},
    {ROW, FOUND_BROKEN, "[core]\nfernet_key = $A\n", "", {"A=$B", "B=$A"}},
    {ROW, FOUND_BROKEN, "[core]\nfernet_key = $FERNET_KEY\n", "", {"FERNET_KEY=" NO_KEY}},
};

static void the_file_holds_what_airflow_would_find_in_this_environment(void **state)
{
    (void)state;
    foreach(row, cfg_keys) {
        struct error err = {0};
        _cleanup_cfg_ struct cfg cfg = {0};
        _cleanup_ring_ struct ring ring = {0};
        bool is_plain = false;
        write_text("airflow.cfg", row->text);
        assert_int_equal(cfg_read("airflow.cfg", &cfg, &err), 0);
        enum finding finding =
            survey_cfg_key(&cfg, fernet->options, row->environment, &ring, &is_plain, &err);
        if (finding != row->finding || strcmp(letters_of(&ring), row->keys) != 0)
            fail_row(row, "found %d with %s: %s", (int)finding, letters_of(&ring), err.message);
        if ((finding == FOUND_BROKEN) != (err.kind == ERROR_INPUT) ||
            strstr(err.message, "hunter2"))
            fail_row(row, "says %s", err.message);
        if (!is_plain && !strchr(row->text, '$'))
            fail_row(row, "has nothing that depends on the environment");
        if (is_plain && strchr(row->text, '$'))
            fail_row(row, "depends on the environment");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(finds_what_stands_in_each_place),
        in_folder(finds_a_value_under_each_of_its_names),
        in_folder(what_is_broken_says_so_by_its_name_with_a_cure_and_no_secret),
        in_folder(no_command_is_run_where_none_may_be),
        in_folder(a_file_that_repeats_a_key_is_read_to_its_end_only_if_asked),
        in_folder(a_name_that_is_too_long_is_cut),
        in_folder(the_file_holds_what_airflow_would_find_in_this_environment),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
