#include "run/cfg_need.h"

#include "airflow/version.h"
#include "folder.h"
#include "rings.h"

#define A "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
#define B "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
#define C "Q0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0M="
#define CORE "[core]\nfernet_key = "

/* The winner is a variable unless `way` says otherwise; the file may have a fernet_key_cmd. */
static const struct {
    int line;
    enum cfg_need need;
    const char *ring;
    const char *text; /* NULL: there is no file */
    enum source_kind kind;
    bool command; /* it reads the store, or, where the file wins, it has given the ring */
} table[] = {
    {ROW, CFG_MAKE, "A", NULL, 0, false},
    {ROW, CFG_SET, "A", "", 0, false},
    {ROW, CFG_SET, "A", "[core]\n", 0, false},
    {ROW, CFG_SET, "A", "[core]\n# fernet_key = " A "\n", 0, false},
    {ROW, CFG_SET, "A", CORE "\n", 0, false},
    {ROW, CFG_RIGHT, "A", CORE A "\n", 0, false},
    {ROW, CFG_RIGHT, "A", CORE "'" A "'\n", 0, false},
    {ROW, CFG_RIGHT, "A", CORE "\n  " A "\n", 0, false},
    {ROW, CFG_RIGHT, "A", CORE A "," A "\n", 0, false},
    {ROW, CFG_RIGHT, "A", "[DEFAULT]\nfernet_key = " A "\n[core]\n", 0, false},
    {ROW, CFG_SET, "A", "[DEFAULT]\nfernet_key = " A "\n", 0, false},

    /* Ours, whole and with the same first key: else it is set. */
    {ROW, CFG_RIGHT, "AB", CORE A "," B "\n", 0, false},
    {ROW, CFG_RIGHT, "ABC", CORE A "," C "," B "\n", 0, false},
    {ROW, CFG_SET, "AB", CORE B "," A "\n", 0, false},
    {ROW, CFG_SET, "AB", CORE A "\n", 0, false},
    {ROW, CFG_SET, "AB", CORE B "\n", 0, false},

    /* What the ring lacks is overwritten only where it was there when it was decided on. */
    {ROW, CFG_FOREIGN, "A", CORE B "\n", 0, false},
    {ROW, CFG_FOREIGN, "A", CORE A "," B "\n", 0, false},
    {ROW, CFG_FOREIGN, "AB", CORE C "\n", 0, false},

    /* Nor what is no key at all, but a placeholder. */
    {ROW, CFG_BROKEN, "A", CORE "hunter2\n", 0, false},
    {ROW, CFG_BROKEN, "A", CORE A ",\n", 0, false},
    {ROW, CFG_BROKEN, "A", CORE "%\n", 0, false},
    {ROW, CFG_SET, "A", CORE "$UNSET\n", 0, false},
    {ROW, CFG_SET, "A", CORE "${UNSET}\n", 0, false},

    /* A reference that the command's environment resolves to our ring is right as it is. */
    {ROW, CFG_RIGHT, "A", CORE "$FERNET_KEY\n", 0, false},
    {ROW, CFG_RIGHT, "AB", CORE "$FERNET_KEY," B "\n", 0, false},
    {ROW, CFG_SET, "AB", CORE "$FERNET_KEY\n", 0, false},
    {ROW, CFG_FOREIGN, "B", CORE "$FERNET_KEY\n", 0, false},

    /* A fernet_key_cmd that reads the store gives Airflow what the store holds. */
    {ROW, CFG_RIGHT, "A", "[core]\n", SOURCE_STORE, true},
    {ROW, CFG_SET, "A", "[core]\n", SOURCE_STORE, false},
    {ROW, CFG_SET, "A", "[core]\n", SOURCE_VARIABLE, true},
    {ROW, CFG_SET, "A", CORE "\n", SOURCE_STORE, true},
    {ROW, CFG_SET, "A", CORE "$UNSET\n", SOURCE_STORE, true},
    {ROW, CFG_SET, "A", CORE "\n", SOURCE_STORE, false},
    {ROW, CFG_SET, "A", CORE "\n", SOURCE_VARIABLE, true},
    {ROW, CFG_RIGHT, "A", CORE A "\n", SOURCE_STORE, true},
    {ROW, CFG_FOREIGN, "A", CORE B "\n", SOURCE_STORE, true},

    /* Nor is what another fernet_key_cmd has given written down: tomorrow it may give another one. */
    {ROW, CFG_RIGHT, "A", "[core]\nfernet_key_cmd = x\n", SOURCE_CFG, true},
    {ROW, CFG_CLEAR, "A", CORE "\nfernet_key_cmd = x\n", SOURCE_CFG, true},
    {ROW, CFG_CLEAR, "A", CORE "$UNSET\nfernet_key_cmd = x\n", SOURCE_CFG, true},
    {ROW, CFG_RIGHT, "A", CORE A "\n", SOURCE_CFG, false},
};

/* A file whose command gives A, or fails, where the ring comes to Airflow by the file alone, or not. */
static const struct {
    int line;
    enum cfg_need need;
    const char *ring;
    const char *text;
    bool failed;
    bool by_environment;
} commands[] = {
    {ROW, CFG_RIGHT, "A", "[core]\n", false, false},
    {ROW, CFG_RIGHT, "AB", "[core]\n", false, true},
    {ROW, CFG_SET, "AB", "[core]\n", false, false},
    {ROW, CFG_SET, "BA", "[core]\n", false, false},
    {ROW, CFG_CLEAR, "AB", CORE "\n", false, true},
    {ROW, CFG_SET, "AB", CORE "\n", false, false},
    {ROW, CFG_RIGHT, "A", "[core]\n", true, true},
    {ROW, CFG_CLEAR, "A", CORE "\n", true, true},
    {ROW, CFG_SET, "A", "[core]\n", true, false},
    {ROW, CFG_SET, "A", CORE "\n", true, false},
    {ROW, CFG_RIGHT, "AB", CORE A "," B "\n", true, false},
};

/* As above, where Airflow gets its key from a secrets backend. */
static const struct {
    int line;
    const char *text;
    enum source_kind kind;
    enum cfg_need need;
} secrets[] = {
    {ROW, NULL, SOURCE_COMMAND, CFG_RIGHT},
    {ROW, "[core]\n", SOURCE_COMMAND, CFG_RIGHT},
    {ROW, CORE "\n", SOURCE_COMMAND, CFG_RIGHT},
    {ROW, CORE A "\n", SOURCE_COMMAND, CFG_RIGHT},
    {ROW, CORE "hunter2\n", SOURCE_COMMAND, CFG_RIGHT},
    {ROW, "[core]\nfernet_key_secret = x\n", SOURCE_CFG, CFG_RIGHT},
    {ROW, CORE "\nfernet_key_secret = x\n", SOURCE_CFG, CFG_CLEAR},
    {ROW, CORE "$UNSET\nfernet_key_secret = x\n", SOURCE_CFG, CFG_CLEAR},
};

static char *const environment[] = {"FERNET_KEY=" A, NULL};

/* The Fernet key's item, and a survey that has found nothing but its places. */
struct needs {
    struct settings settings;
    struct context context;
    struct findings findings;
    struct item *item;
    struct source sources[MANAGED_OPTIONS];
    struct error errors[MANAGED_OPTIONS];
};

static void begin(struct needs *needs, const struct managed *secret, const struct source *winner,
                  bool deliver_cfg)
{
    *needs = (struct needs){.settings = {.deliver_cfg = deliver_cfg, .deliver_environment = true}};
    needs->context = (struct context){.settings = &needs->settings, .environment = environment};
    needs->findings.count = 1;
    needs->item = &needs->findings.items[0];
    needs->item->secret = secret;
    needs->item->decision.winner = winner;
    needs->item->decision.ring.is_value = secret->is_value;
    needs->item->delivers = &needs->item->decision.ring;
    needs->item->survey.secret = secret;
    needs->item->survey.sources = needs->sources;
    needs->item->survey.count = MANAGED_OPTIONS;
    for (size_t i = 0; i < MANAGED_OPTIONS; i++) {
        needs->sources[i] = (struct source){
            .kind = SOURCE_CFG, .option = i, .ring = {.is_value = secret->is_value}};
        needs->item->survey.options[i].source = i;
    }
}

static void read_file(struct needs *needs, const char *text)
{
    struct error err = {0};
    unlink("airflow.cfg");
    if (text)
        write_text("airflow.cfg", text);
    needs->findings.cfg = (struct shared_cfg){.path = "airflow.cfg", .readable = true};
    if (cfg_read("airflow.cfg", &needs->findings.cfg.cfg, &err) != 0)
        fail_msg("%s", err.message);
}

static enum cfg_need need_at(struct needs *needs, size_t index, const struct cfg *cfg,
                             struct error *err)
{
    return cfg_option_need(&needs->context, &needs->findings, needs->item, index, cfg, environment,
                           needs->settings.deliver_environment, err);
}

/* As the survey does. */
static void survey_place_again(struct needs *needs, size_t index)
{
    struct source *source = &needs->sources[index];
    source->finding = survey_cfg_key(
        &needs->findings.cfg.cfg, &needs->item->secret->options[index], environment, &source->ring,
        &needs->item->survey.options[index].is_plain, &needs->errors[index]);
    source->error = source->finding == FOUND_BROKEN ? &needs->errors[index] : NULL;
}

static void end(struct needs *needs)
{
    cfg_free(&needs->findings.cfg.cfg);
    for (size_t i = 0; i < MANAGED_OPTIONS; i++)
        ring_free(&needs->sources[i].ring);
    ring_free(&needs->item->decision.ring);
    ring_free(&needs->item->unkept);
}

/* What the option needs where it was not there when we looked; and then, where it was, *known. */
static enum cfg_need need_of(struct needs *needs, const char *text, enum cfg_need *known,
                             struct error *err)
{
    struct error later = {0};
    read_file(needs, text);
    const struct cfg elsewhere = needs->findings.cfg.cfg;
    enum cfg_need need = need_at(needs, 0, &elsewhere, err);
    survey_place_again(needs, 0);
    *known = need_at(needs, 0, &needs->findings.cfg.cfg, &later);
    end(needs);
    if (need == CFG_BROKEN && !same_text(err->message, later.message))
        fail_msg("says %s, and then %s", err->message, later.message);
    return need;
}

static void a_file_gets_what_it_needs_and_no_more(void **state)
{
    (void)state;
    static struct needs needs;
    foreach(row, table) {
        struct error err = {0};
        enum cfg_need known;
        const struct source winner = {.kind = row->kind ? row->kind : SOURCE_VARIABLE,
                                      .by_command = row->kind == SOURCE_CFG && row->command};
        begin(&needs, MANAGED_FERNET_KEY, &winner, true);
        needs.item->survey.options[0].own_store = row->command;
        add_keys(&needs.item->decision.ring, row->ring);
        enum cfg_need need = need_of(&needs, row->text, &known, &err);
        if (need != row->need)
            fail_row(row, "needs %d: %s", (int)need, err.message);
        /* What was decided on with the rest may go: it has joined, or was retired. */
        if (known != (need == CFG_FOREIGN ? CFG_SET : need))
            fail_row(row, "needs %d where it is known", (int)known);
        if (need == CFG_BROKEN && (err.kind != ERROR_INPUT || strstr(err.message, "hunter2")))
            fail_row(row, "says %s", err.message);

        begin(&needs, MANAGED_FERNET_KEY, &winner, false);
        add_keys(&needs.item->decision.ring, row->ring);
        need = need_of(&needs, row->text, &known, &err);
        if (need != CFG_RIGHT || known != CFG_RIGHT)
            fail_row(row, "needs %d, though it delivers nothing", (int)need);
    }
}

static void a_command_keeps_the_file_where_the_environment_has_the_rest(void **state)
{
    (void)state;
    static struct needs needs;
    foreach(row, commands) {
        struct error err = {0};
        enum cfg_need known;
        struct source winner = {.kind = row->failed ? SOURCE_STORE : SOURCE_CFG,
                                .by_command = !row->failed};
        begin(&needs, MANAGED_FERNET_KEY, &winner, true);
        needs.settings.deliver_environment = row->by_environment;
        needs.item->survey.options[0].command_failed = row->failed;
        add_keys(&winner.ring, "A");
        add_keys(&needs.item->decision.ring, row->ring);
        enum cfg_need need = need_of(&needs, row->text, &known, &err);
        ring_free(&winner.ring);
        if (need != row->need || known != row->need)
            fail_row(row, "needs %d, and then %d: %s", (int)need, (int)known, err.message);
    }
}

static void where_airflow_asks_its_backend_only_what_blocks_it_goes(void **state)
{
    (void)state;
    static struct needs needs;
    foreach(row, secrets)
        for (int deliver = 0; deliver < 2; deliver++) {
            struct error err = {0};
            enum cfg_need known;
            const struct source winner = {.kind = row->kind};
            begin(&needs, MANAGED_FERNET_KEY, &winner, deliver);
            needs.item->decision.action = ACTION_SECRET;
            needs.item->delivers = NULL;
            if (need_of(&needs, row->text, &known, &err) != row->need || known != row->need)
                fail_row(row, "needs something else");
        }
}

#define OLD AIRFLOW(2, 11, 0)
#define NEW AIRFLOW(3, 1, 0)
#define UNKNOWN AIRFLOW_UNKNOWN

/* A value under its two names, each with its own need. It is s3. */
static const struct {
    int line;
    int airflow;
    enum cfg_need webserver;
    enum cfg_need api;
    const char *text;
} names[] = {
    {ROW, UNKNOWN, CFG_MAKE, CFG_RIGHT, NULL},
    {ROW, UNKNOWN, CFG_SET, CFG_RIGHT, ""},
    {ROW, UNKNOWN, CFG_RIGHT, CFG_RIGHT, "[webserver]\nsecret_key = s3\n"},
    {ROW, UNKNOWN, CFG_SET, CFG_HIDE, "[api]\nsecret_key = s3\n"},
    {ROW, UNKNOWN, CFG_RIGHT, CFG_RIGHT, "[DEFAULT]\nsecret_key = s3\n[api]\n[webserver]\n"},
    {ROW, UNKNOWN, CFG_RIGHT, CFG_RIGHT, "[webserver]\nsecret_key = s3\n[api]\nsecret_key =\n"},
    {ROW, UNKNOWN, CFG_FOREIGN, CFG_HIDE, "[webserver]\nsecret_key = s\n[api]\nsecret_key = s33\n"},
    {ROW, UNKNOWN, CFG_RIGHT, CFG_HIDE, "[webserver]\nsecret_key = s3\n[api]\nsecret_key = 's3'\n"},
    {ROW, UNKNOWN, CFG_SET, CFG_HIDE, "[webserver]\nsecret_key = $X\n[api]\nsecret_key = a\n b\n"},

    /* To this one [api] secret_key is an unknown option. */
    {ROW, OLD, CFG_MAKE, CFG_RIGHT, NULL},
    {ROW, OLD, CFG_SET, CFG_RIGHT, "[api]\nx = 1\n"},
    {ROW, OLD, CFG_RIGHT, CFG_HIDE, "[webserver]\nsecret_key = s3\n[api]\nsecret_key = s3\n"},
    {ROW, OLD, CFG_SET, CFG_HIDE, "[api]\nsecret_key = another\n"},
    {ROW, OLD, CFG_SET, CFG_HIDE, "[api]\nsecret_key = a\n b\n"},
    {ROW, OLD, CFG_RIGHT, CFG_RIGHT, "[webserver]\nsecret_key = s3\n[api]\nsecret_key =\n"},

    /* This one still reads, and hides, the old name. */
    {ROW, NEW, CFG_RIGHT, CFG_MAKE, NULL},
    {ROW, NEW, CFG_RIGHT, CFG_SET, "[webserver]\nx = 1\n"},
    {ROW, NEW, CFG_RIGHT, CFG_SET, "[webserver]\nsecret_key = s3\n"},
    {ROW, NEW, CFG_RIGHT, CFG_RIGHT, "[webserver]\nsecret_key =\n[api]\nsecret_key = s3\n"},
    {ROW, NEW, CFG_FOREIGN, CFG_RIGHT,
     "[webserver]\nsecret_key = another\n[api]\nsecret_key = s3\n"},
};

static void each_name_of_a_value_has_a_need_of_its_own(void **state)
{
    (void)state;
    static struct needs needs;
    const struct managed *secret = &managed_secrets[1];
    foreach(row, names)
        for (int unkept = 0; unkept < 2; unkept++) {
            struct error err = {0};
            const struct source winner = {.kind = SOURCE_STORE};
            begin(&needs, secret, unkept ? NULL : &winner, true);
            needs.findings.airflow = row->airflow;
            needs.item->decision.action = unkept ? ACTION_GENERATE : ACTION_USE;
            needs.item->unkept.is_value = true;
            struct ring *ring = unkept ? &needs.item->unkept : &needs.item->decision.ring;
            needs.item->delivers = ring;
            assert_int_equal(ring_parse(ring, "s3", 2, &err), 0);
            read_file(&needs, row->text);
            const struct cfg elsewhere = needs.findings.cfg.cfg;
            enum cfg_need webserver = need_at(&needs, 0, &elsewhere, &err);
            enum cfg_need api = need_at(&needs, 1, &elsewhere, &err);
            end(&needs);
            if (webserver != row->webserver || api != row->api)
                fail_row(row, "needs %d and %d: %s", (int)webserver, (int)api, err.message);
        }
}

static void a_secret_that_nobody_has_needs_nothing(void **state)
{
    (void)state;
    static struct needs needs;
    struct error err = {0};
    enum cfg_need known;
    begin(&needs, MANAGED_FERNET_KEY, NULL, true);
    needs.item->decision.action = ACTION_GENERATE;
    needs.item->delivers = NULL;
    assert_int_equal(need_of(&needs, NULL, &known, &err), CFG_RIGHT);
    assert_int_equal(known, CFG_RIGHT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(a_file_gets_what_it_needs_and_no_more),
        in_folder(a_command_keeps_the_file_where_the_environment_has_the_rest),
        in_folder(where_airflow_asks_its_backend_only_what_blocks_it_goes),
        in_folder(each_name_of_a_value_has_a_need_of_its_own),
        in_folder(a_secret_that_nobody_has_needs_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
