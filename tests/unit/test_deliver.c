#include "entry/deliver.h"

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
    enum way way;
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

    /* What the ring lacks is never overwritten. */
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
    {ROW, CFG_RIGHT, "A", "[core]\n", WAY_STORE, true},
    {ROW, CFG_SET, "A", "[core]\n", WAY_STORE, false},
    {ROW, CFG_SET, "A", "[core]\n", WAY_VARIABLE, true},
    {ROW, CFG_SET, "A", CORE "\n", WAY_STORE, true},
    {ROW, CFG_SET, "A", CORE "$UNSET\n", WAY_STORE, true},
    {ROW, CFG_SET, "A", CORE "\n", WAY_STORE, false},
    {ROW, CFG_SET, "A", CORE "\n", WAY_VARIABLE, true},
    {ROW, CFG_RIGHT, "A", CORE A "\n", WAY_STORE, true},
    {ROW, CFG_FOREIGN, "A", CORE B "\n", WAY_STORE, true},

    /* Nor is what another fernet_key_cmd has given written down: tomorrow it may give another one. */
    {ROW, CFG_RIGHT, "A", "[core]\nfernet_key_cmd = x\n", WAY_CFG, true},
    {ROW, CFG_CLEAR, "A", CORE "\nfernet_key_cmd = x\n", WAY_CFG, true},
    {ROW, CFG_CLEAR, "A", CORE "$UNSET\nfernet_key_cmd = x\n", WAY_CFG, true},
    {ROW, CFG_RIGHT, "A", CORE A "\n", WAY_CFG, false},
};

/* As above, where Airflow gets its key from a secrets backend. */
static const struct {
    int line;
    const char *text;
    enum way way;
    enum cfg_need need;
} secrets[] = {
    {ROW, NULL, WAY_COMMAND, CFG_RIGHT},
    {ROW, "[core]\n", WAY_COMMAND, CFG_RIGHT},
    {ROW, CORE "\n", WAY_COMMAND, CFG_RIGHT},
    {ROW, CORE A "\n", WAY_COMMAND, CFG_RIGHT},
    {ROW, CORE "hunter2\n", WAY_COMMAND, CFG_RIGHT},
    {ROW, "[core]\nfernet_key_secret = x\n", WAY_CFG, CFG_RIGHT},
    {ROW, CORE "\nfernet_key_secret = x\n", WAY_CFG, CFG_CLEAR},
    {ROW, CORE "$UNSET\nfernet_key_secret = x\n", WAY_CFG, CFG_CLEAR},
};

static char *const environment[] = {"FERNET_KEY=" A, NULL};

static enum cfg_need need_of(const char *text, const struct decision *decision, bool deliver_cfg,
                             bool command, struct error *err)
{
    struct error broken = {0};
    struct source source = {.way = WAY_CFG, .error = &broken};
    const struct settings settings = {.deliver_cfg = deliver_cfg, .deliver_environment = true};
    const struct context context = {.settings = &settings, .environment = environment};
    struct look look = {
        .decision = *decision,
        .survey = {.sources = &source, .count = 1, .cfg_readable = true, .cfg_own_store = command}};
    unlink("airflow.cfg");
    if (text)
        write_text("airflow.cfg", text);
    if (cfg_read("airflow.cfg", &look.survey.cfg, err) != 0)
        fail_msg("%s", err->message);

    /* The same whether it was found by the survey, or is read now. */
    bool is_plain = false;
    enum cfg_need now = deliver_need(&context, &look, &look.survey.cfg, environment, err);
    source.finding =
        survey_cfg_key(&look.survey.cfg, environment, &source.ring, &is_plain, &broken);
    look.survey.cfg_is_plain = is_plain;
    enum cfg_need found = deliver_need(&context, &look, &look.survey.cfg, environment, err);
    cfg_free(&look.survey.cfg);
    ring_free(&source.ring);
    if (now != found)
        fail_msg("needs %d when read, %d as it was found: %s", (int)now, (int)found, text);
    return now;
}

static void a_file_gets_what_it_needs_and_no_more(void **state)
{
    (void)state;
    foreach(row, table) {
        struct error err = {0};
        const struct source winner = {.way = row->way ? row->way : WAY_VARIABLE,
                                      .by_command = row->way == WAY_CFG && row->command};
        struct decision decision = {.action = ACTION_USE, .winner = &winner};
        add_keys(&decision.ring, row->ring);
        enum cfg_need need = need_of(row->text, &decision, true, row->command, &err);
        enum cfg_need without = need_of(row->text, &decision, false, row->command, &err);
        ring_free(&decision.ring);
        if (need != row->need)
            fail_row(row, "needs %d: %s", (int)need, err.message);
        if (without != CFG_RIGHT)
            fail_row(row, "needs %d, though it delivers nothing", (int)without);
        if (need == CFG_BROKEN && (err.kind != ERROR_INPUT || strstr(err.message, "hunter2")))
            fail_row(row, "says %s", err.message);
    }
}

static void where_airflow_asks_its_backend_only_what_blocks_it_goes(void **state)
{
    (void)state;
    foreach(row, secrets) {
        struct error err = {0};
        const struct source winner = {.way = row->way};
        struct decision decision = {.action = ACTION_SECRET, .winner = &winner};
        if (need_of(row->text, &decision, true, false, &err) != row->need ||
            need_of(row->text, &decision, false, false, &err) != row->need)
            fail_row(row, "needs something else");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(a_file_gets_what_it_needs_and_no_more),
        in_folder(where_airflow_asks_its_backend_only_what_blocks_it_goes),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
