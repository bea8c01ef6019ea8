#include "cli/options.h"

#include <stdio.h>

#include "airflow/managed.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/unknown.h"
#include "cli/values.h"
#include "cli/variables.h"
#include "table.h"

static void every_row_of_the_table_is_filled_and_found(void **state)
{
    (void)state;
    for (size_t id = 0; id < OPTION_COUNT; id++) {
        const char *name = options[id].name;
        if (!name || !*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz-")] != '\0')
            fail_msg("option %zu has no name", id);
        if (option_named(name, strlen(name), false) != id ||
            option_named(name, strlen(name), true) != id)
            fail_msg("%s is not found", name);
        if (options[id].commands == 0 || (options[id].commands & ~(unsigned)FOR_EVERY))
            fail_msg("%s is for no command", name);
        if (!options[id].help)
            fail_msg("%s has no help", name);
        bool takes_words = options[id].kind == KIND_WORD || options[id].kind == KIND_SET ||
                           options[id].kind == KIND_MODE;
        if (takes_words != (options[id].words != NULL))
            fail_msg("%s has words, or has none", name);
        if (options[id].topic >= TOPIC_COUNT || options[id].topic == TOPIC_EXIT)
            fail_msg("%s is about nothing that has options", name);
        if ((options[id].kind == KIND_FLAG) != (options[id].metavar == NULL))
            fail_msg("%s: a flag takes no value, and all else does", name);
    }
}

/* The compiler knows the type of each; here: no two fill the same field. */
static void every_option_fills_a_field_of_its_own(void **state)
{
    (void)state;
    for (size_t id = 0; id < OPTION_COUNT; id++)
        for (size_t other = 0; other < id; other++)
            if (options[id].field == options[other].field)
                fail_msg("%s and %s", options[id].name, options[other].name);
}

static void a_name_is_known_whole_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t length;
        int underscores;
        size_t id;
    } table[] = {
        {"store", 5, 0, OPTION_STORE},
        {"store=/x", 5, 0, OPTION_STORE},
        {"store-mode", 5, 0, OPTION_STORE},
        {"store-mode", 10, 0, OPTION_STORE_MODE},
        {"store-mode", 9, 0, OPTION_COUNT},
        {"store-mode", 6, 0, OPTION_COUNT},
        {"store_mode", 10, 0, OPTION_COUNT},
        {"store_mode", 10, 1, OPTION_STORE_MODE},
        {"store-mode", 10, 1, OPTION_STORE_MODE},
        {"storemode", 9, 1, OPTION_COUNT},
        {"stor", 4, 0, OPTION_COUNT},
        {"stores", 6, 0, OPTION_COUNT},
        {"Store", 5, 0, OPTION_COUNT},
        {"STORE", 5, 1, OPTION_COUNT},
        {"", 0, 0, OPTION_COUNT},
        {"-", 1, 0, OPTION_COUNT},
        {"json", 4, 0, OPTION_JSON},
        {"cmd_timeout", 11, 1, OPTION_CMD_TIMEOUT},
        {"help", 4, 0, OPTION_COUNT},
    };
    foreach(row, table) {
        size_t id = option_named(row->name, row->length, row->underscores);
        if (id != row->id)
            fail_msg("%.*s: %zu", (int)row->length, row->name, id);
    }
}

static void each_topic_has_a_name_and_a_title(void **state)
{
    (void)state;
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        assert_non_null(topics[i].title);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(topics[i].name, topics[j].name);
    }
}

static void the_words_of_an_option_stand_in_the_order_of_its_values(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum option_id id;
        int place;
    } table[] = {
        {"keep", OPTION_ON_CHANGE, ON_CHANGE_KEEP},
        {"stage", OPTION_ON_CHANGE, ON_CHANGE_STAGE},
        {"refuse", OPTION_ON_CHANGE, ON_CHANGE_REFUSE},
        {"replace", OPTION_ON_CHANGE, ON_CHANGE_REPLACE},
        {"auto", OPTION_SIGNAL_SCOPE, SCOPE_AUTO},
        {"child", OPTION_SIGNAL_SCOPE, SCOPE_CHILD},
        {"group", OPTION_SIGNAL_SCOPE, SCOPE_GROUP},
        {"text", OPTION_LOG_FORMAT, LOG_TEXT},
        {"json", OPTION_LOG_FORMAT, LOG_JSON},
        {"0600", OPTION_STORE_MODE, 0},
        {"0660", OPTION_STORE_MODE, 2},
        {"env", OPTION_DELIVER, 0},
        {"cfg", OPTION_DELIVER, 1},
        {"fernet_key", OPTION_MANAGE, 0},

        {"", OPTION_ON_CHANGE, -1},
        {"kee", OPTION_ON_CHANGE, -1},
        {"keep,", OPTION_ON_CHANGE, -1},
        {"keep, stage", OPTION_ON_CHANGE, -1},
        {"Keep", OPTION_ON_CHANGE, -1},
        {"env, cfg", OPTION_DELIVER, -1},
        {"key", OPTION_MANAGE, -1},
        {"all", OPTION_MANAGE, -1},
    };
    foreach(row, table) {
        int place = option_word(&options[row->id], row->word, strlen(row->word));
        if (place != row->place)
            fail_msg("%s: %d", row->word, place);
    }
    for (int i = 0; i < MANAGED_COUNT; i++) {
        const char *name = managed_secrets[i].name;
        assert_int_equal(option_word(&options[OPTION_MANAGE], name, strlen(name)), i);
    }
}

static void every_default_is_a_right_value(void **state)
{
    (void)state;
    struct settings settings = {0};
    for (size_t id = 0; id < OPTION_COUNT; id++) {
        struct error err = {0};
        const char *text = options[id].fallback;
        int read = !option_is_repeatable(id) ? value_read(&settings, id, text, &err)
                   : text                    ? value_add_all(&settings, id, text, &err)
                                             : 0;
        if (read < 0)
            fail_msg("%s: %s", options[id].name, err.message);
    }
    assert_int_equal(settings.manage, (1 << MANAGED_COUNT) - 1);
    assert_int_equal(settings.deliver, DELIVER_ENVIRONMENT | DELIVER_CFG);
}

static void a_default_is_shown_as_it_would_be_given(void **state)
{
    (void)state;
    assert_string_equal(option_default(&options[OPTION_MANAGE]), "all of these");
    assert_string_equal(option_default(&options[OPTION_STORE]), options[OPTION_STORE].fallback);
    assert_null(option_default(&options[OPTION_SECRET_FILE]));
}

static void a_wrong_word_is_told_with_the_right_ones(void **state)
{
    (void)state;
    static const struct {
        enum option_id id;
        const char *message;
    } table[] = {
        {OPTION_LOG_FORMAT, "\"x\" is not one of text, json"},
        {OPTION_SIGNAL_SCOPE, "\"x\" is not one of auto, child, group"},
        {OPTION_ON_CHANGE, "\"x\" is not one of keep, stage, refuse, replace"},
        {OPTION_STORE_MODE, "\"x\" is not one of 0600, 0640, 0660"},
        {OPTION_DELIVER, "\"x\" is not one of env, cfg"},
    };
    foreach(row, table) {
        struct error err = {0};
        struct settings settings = {0};
        assert_int_equal(value_read(&settings, row->id, "x", &err), -1);
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_string_equal(err.message, row->message);
    }
}

static void a_command_is_found_by_one_word_or_two(void **state)
{
    (void)state;
    static const struct {
        const char *first;
        const char *second;
        enum command_id id;
    } table[] = {
        {"run", NULL, COMMAND_RUN},
        {"run", "init", COMMAND_RUN},
        {"status", "--json", COMMAND_STATUS},
        {"key", "generate", COMMAND_KEY_GENERATE},
        {"key", "destroy", COMMAND_KEY_DESTROY},
        {"help", "key", COMMAND_HELP},
        {"key", NULL, COMMAND_COUNT},
        {"key", "", COMMAND_COUNT},
        {"key", "run", COMMAND_COUNT},
        {"generate", NULL, COMMAND_COUNT},
        {"ru", NULL, COMMAND_COUNT},
        {"runs", NULL, COMMAND_COUNT},
        {"", NULL, COMMAND_COUNT},
    };
    foreach(row, table)
        if (command_named(row->first, row->second) != row->id)
            fail_msg("%s %s", row->first, row->second ? row->second : "");
}

static void commands_are_listed_by_first_words_and_by_second_ones(void **state)
{
    (void)state;
    const char *words[COMMAND_COUNT + 1];
    command_words(NULL, words);
    assert_string_equal(words[0], "run");
    for (size_t i = 0; words[i]; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(words[i], words[j]);
    command_words("key", words);
    assert_string_equal(words[0], "generate");
    command_words("run", words);
    assert_null(words[0]);
    command_words("no such", words);
    assert_null(words[0]);
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void the_nearest_is_what_was_probably_meant(void **state)
{
    (void)state;
    static const char *const names[] = {"run",     "init", "status",  "key",
                                        "version", "help", "waiting", NULL};
    static const char *const one[] = {"only", NULL};
    static const struct {
        const char *const *names;
        const char *word;
        const char *nearest;
    } table[] = {
        {names, "run", "run"},
        {names, "rnu", "run"},
        {names, "ru", "run"},
        {names, "runner", "run"},
        {names, "statsu", "status"},
        {names, "stat", "status"},
        {names, "keys", "key"},
        {names, "inti", "init"},
        {names, "versoin", "version"},
        {names, "helo", "help"},
        {names, "r", NULL},
        {names, "", NULL},
        {names, "V", NULL},
        {names, "warnings", NULL},
        {names, "--help", NULL},
        {names, "installation", NULL},
        {one, "", NULL},
        {one, "something else", NULL},
        {one, "onyl", "only"},
    };
    foreach(row, table) {
        const char *nearest = nearest_word(row->word, row->names);
        if (!is_same(nearest, row->nearest))
            fail_msg("%s: %s", row->word, nearest ? nearest : "nothing");
    }
}

static void the_nearest_option_is_found_in_the_table(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        const char *nearest;
    } table[] = {
        {"stor", "store"},
        {"sotre", "store"},
        {"store_mode", "store-mode"},
        {"storemode", "store-mode"},
        {"secret-files", "secret-file"},
        {"cmd-timout", "cmd-timeout"},
        {"delivr", "deliver"},
        {"allow", "allow-ephemeral"},
        {"verbos", "verbose"},
        {"quite", "quiet"},
        {"cofig", "config"},
        {"on-chnage", "on-change"},
        {"on_change", "on-change"},
        {"mange", "manage"},
        {"stict", "strict"},
        {"log-fromat", "log-format"},
        {"lock-time", "lock-timeout"},
        {"run-command", "run-commands"},
        {"jsn", "json"},
        {"ephemeral", NULL},
        {"bogus", NULL},
        {"yess", "yes"},
    };
    const char *names[OPTION_COUNT + 1];
    assert_int_equal(option_names(ORIGIN_FLAG, names), OPTION_COUNT);
    foreach(row, table)
        if (!is_same(nearest_word(row->word, names), row->nearest))
            fail_msg("%s", row->word);
}

static void an_unknown_word_may_have_any_length(void **state)
{
    (void)state;
    struct error err = {0};
    char word[5000];
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_int_equal(unknown_option("--", word, &err), -1);
    assert_string_equal(err.message, "--... is not an option");
    assert_int_equal(unknown_option("--", "", &err), -1);
    assert_string_equal(err.message, "-- is not an option");
}

static void an_unknown_command_is_told_with_what_to_write(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        const char *hint;
        char *words[7];
    } table[] = {
        {"statsu is not a command", "did you mean fernit status?", {"statsu"}},
        {"key chekc is not a command", "did you mean fernit key check?", {"key", "chekc"}},
        {"key frob is not a command", "fernit help key lists the commands", {"key", "frob"}},
        {"key ... is not a command",
         "fernit help key lists the commands\n\"...\" stands for a word that may be a secret",
         {"key", "hunter22"}},
        {"key needs a second word",
         "one of generate, print, check, fingerprint, promote, retire, unretire, destroy",
         {"key"}},
        {"--bogus is not an option", "fernit help COMMAND lists the options", {"--bogus"}},
        {"-... is not an option",
         "fernit help COMMAND lists the options\n"
         "\"...\" stands for a word that may be a secret",
         {"-phunter2"}},
        {"--stroe is not an option", "did you mean --store?", {"--stroe", "/x", "status"}},
        {"-v is not an option", "fernit help COMMAND lists the options", {"-v"}},
        {"options come after the command",
         "fernit status --store /x ...",
         {"--store", "/x", "status", "--json"}},
        {"options come after the command",
         "fernit key print --quiet --store '/a b'",
         {"--quiet", "--store=/a b", "key", "print"}},
        {"options come after the command",
         "fernit run --user ... ...",
         {"--user", "hunter2hunter2", "run", "true"}},
        {"options come after the command", "fernit run --init -- COMMAND", {"--init", "--", "x"}},
        {"no command given", "fernit run -- COMMAND", {"--", "airflow"}},
        {"options come after the command", "fernit COMMAND --strict", {"--strict", "nosuch"}},
        {"options come after the command", "fernit COMMAND", {"--store"}},
        {"--stroe is not an option", "did you mean --store?", {"--quiet", "--stroe", "run"}},
    };
    foreach(row, table) {
        struct error err = {0};
        assert_int_equal(unknown_command(row->words, &err), -1);
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_string_equal(err.message, row->message);
        assert_string_equal(err.hints, row->hint);
    }
}

static void variables_are_named_after_options(void **state)
{
    (void)state;
    static const struct {
        const char *option;
        const char *variable;
    } table[] = {
        {"store", "FERNIT_STORE"},
        {"store-mode", "FERNIT_STORE_MODE"},
        {"no-new-privs", "FERNIT_NO_NEW_PRIVS"},
        {"", "FERNIT_"},
    };
    foreach(row, table) {
        char name[VARIABLE_NAME];
        variable_name(row->option, name);
        if (strcmp(name, row->variable) != 0)
            fail_msg("%s: %s", row->option, name);
    }
    for (size_t id = 0; id < OPTION_COUNT; id++) {
        char name[VARIABLE_NAME];
        char assignment[VARIABLE_NAME + 8];
        char option[VARIABLE_NAME];
        variable_name(options[id].name, name);
        snprintf(assignment, sizeof assignment, "%s=x=y", name);
        assert_true(variable_option(assignment, option));
        assert_string_equal(option, options[id].name);
        assert_int_equal(variable_setting(assignment), id == OPTION_YES ? OPTION_COUNT : id);
        assert_int_equal(variable_is_unknown(assignment), id == OPTION_YES);
    }
}

static void long_names_are_cut(void **state)
{
    (void)state;
    char text[1000];
    char name[VARIABLE_NAME];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    variable_name(text, name);
    assert_int_equal(strlen(name), VARIABLE_NAME - 1);
    memcpy(text, "FERNIT_", 7);
    assert_true(variable_option(text, name));
    assert_int_equal(strlen(name), VARIABLE_NAME - 1);
    assert_true(variable_is_unknown(text));
    text[900] = '=';
    assert_true(variable_is_unknown(text));
}

static const struct {
    const char *assignment;
    size_t setting;
    bool unknown;
} variables[] = {
    {"FERNIT_STORE=/x", OPTION_STORE, false},
    {"FERNIT_STORE=", OPTION_STORE, false},
    {"FERNIT_STORE_MODE=0600", OPTION_STORE_MODE, false},
    {"FERNIT_CONFIG=/x", OPTION_CONFIG, false},
    {"FERNIT_SECRET_FILE=a,b", OPTION_SECRET_FILE, false},
    {"FERNIT_ON_CHANGE=stage", OPTION_ON_CHANGE, false},
    {"FERNIT_MANAGE=fernet_key", OPTION_MANAGE, false},
    {"FERNIT_STRICT=1", OPTION_STRICT, false},
    {"FERNIT_ASSUME_SINGLE_WRITER=1", OPTION_SINGLE_WRITER, false},
    {"FERNIT_LOG_FORMAT=json", OPTION_LOG_FORMAT, false},

    {"PATH=/bin", OPTION_COUNT, false},
    {"FERNIT=1", OPTION_COUNT, false},
    {"XFERNIT_STORE=1", OPTION_COUNT, false},
    {"fernit_store=1", OPTION_COUNT, false},
    {"", OPTION_COUNT, false},

    {"FERNIT_=1", OPTION_COUNT, true},
    {"FERNIT_STOR=1", OPTION_COUNT, true},
    {"FERNIT_STORES=1", OPTION_COUNT, true},
    {"FERNIT_store=1", OPTION_COUNT, true},
    {"FERNIT_Store=1", OPTION_COUNT, true},
    {"FERNIT_STORE-MODE=0600", OPTION_COUNT, true},
    {"FERNIT_STOREMODE=0600", OPTION_COUNT, true},
    {"FERNIT__STORE=1", OPTION_COUNT, true},
    {"FERNIT_HELP=1", OPTION_COUNT, true},
    {"FERNIT_KEY=1", OPTION_COUNT, true},
    {"FERNIT_FERNET_KEY=1", OPTION_COUNT, true},

    {"FERNIT_TEST_DATA=/x", OPTION_COUNT, false},
    {"FERNIT_TEST_=", OPTION_COUNT, false},
    {"FERNIT_TEST=1", OPTION_COUNT, true},
    {"FERNIT_TESTS_X=1", OPTION_COUNT, true},
    {"FERNIT_IN_COMMAND=1", OPTION_COUNT, false},

    /* A Service called fernit, or fernit-web, gives every pod these. */
    {"FERNIT_SERVICE_HOST=10.0.0.1", OPTION_COUNT, false},
    {"FERNIT_SERVICE_PORT=8080", OPTION_COUNT, false},
    {"FERNIT_SERVICE_PORT_HTTP=8080", OPTION_COUNT, false},
    {"FERNIT_PORT=tcp://10.0.0.1:8080", OPTION_COUNT, false},
    {"FERNIT_PORT_8080_TCP=tcp://10.0.0.1:8080", OPTION_COUNT, false},
    {"FERNIT_PORT_8080_TCP_PROTO=tcp", OPTION_COUNT, false},
    {"FERNIT_PORT_8080_TCP_PORT=8080", OPTION_COUNT, false},
    {"FERNIT_PORT_8080_TCP_ADDR=10.0.0.1", OPTION_COUNT, false},
    {"FERNIT_PORT_53_UDP=udp://10.0.0.1:53", OPTION_COUNT, false},
    {"FERNIT_PORT_132_SCTP_ADDR=10.0.0.1", OPTION_COUNT, false},
    {"FERNIT_WEB_SERVICE_HOST=10.0.0.1", OPTION_COUNT, false},
    {"FERNIT_WEB_SERVICE_PORT_HTTPS=443", OPTION_COUNT, false},
    {"FERNIT_WEB_PORT=tcp://10.0.0.1:443", OPTION_COUNT, false},
    {"FERNIT_WEB_PORT_443_TCP_ADDR=10.0.0.1", OPTION_COUNT, false},
    {"FERNIT_PORTS=1", OPTION_COUNT, true},
    {"FERNIT_PORT_X=1", OPTION_COUNT, true},
    {"FERNIT_SERVICE=1", OPTION_COUNT, true},
    {"FERNIT_SERVICE_HOSTS=1", OPTION_COUNT, true},
    {"FERNIT_REPORT=1", OPTION_COUNT, true},
};

static void settings_unknown_ones_and_others_are_told_apart(void **state)
{
    (void)state;
    foreach(row, variables) {
        if (variable_setting(row->assignment) != row->setting)
            fail_msg("%s: setting %zu", row->assignment, variable_setting(row->assignment));
        if (variable_is_unknown(row->assignment) != row->unknown)
            fail_msg("%s: %s", row->assignment, row->unknown ? "known" : "unknown");
    }
}

/* execve takes strings without "=", too. */
static void what_is_no_assignment_sets_nothing(void **state)
{
    (void)state;
    assert_int_equal(variable_setting("FERNIT_STORE"), OPTION_COUNT);
    assert_int_equal(variable_setting("FERNIT_"), OPTION_COUNT);
    assert_int_equal(variable_setting("F"), OPTION_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_table_is_filled_and_found),
        cmocka_unit_test(a_name_is_known_whole_or_not_at_all),
        cmocka_unit_test(each_topic_has_a_name_and_a_title),
        cmocka_unit_test(the_words_of_an_option_stand_in_the_order_of_its_values),
        cmocka_unit_test(every_option_fills_a_field_of_its_own),
        cmocka_unit_test(every_default_is_a_right_value),
        cmocka_unit_test(a_default_is_shown_as_it_would_be_given),
        cmocka_unit_test(a_wrong_word_is_told_with_the_right_ones),
        cmocka_unit_test(a_command_is_found_by_one_word_or_two),
        cmocka_unit_test(commands_are_listed_by_first_words_and_by_second_ones),
        cmocka_unit_test(the_nearest_is_what_was_probably_meant),
        cmocka_unit_test(the_nearest_option_is_found_in_the_table),
        cmocka_unit_test(an_unknown_word_may_have_any_length),
        cmocka_unit_test(an_unknown_command_is_told_with_what_to_write),
        cmocka_unit_test(variables_are_named_after_options),
        cmocka_unit_test(long_names_are_cut),
        cmocka_unit_test(settings_unknown_ones_and_others_are_told_apart),
        cmocka_unit_test(what_is_no_assignment_sets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
