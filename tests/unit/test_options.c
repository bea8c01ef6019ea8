#include "cli/options.h"

#include <stdio.h>

#include "airflow/managed.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/values.h"
#include "cli/variables.h"
#include "process/scope.h"
#include "resolve/change.h"
#include "table.h"

static void every_row_of_the_table_is_filled_and_found(void **state)
{
    (void)state;
    for (size_t id = 0; id < OPTION_COUNT; id++) {
        const char *name = options[id].name;
        if (!name || !*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz-")] != '\0')
            fail_msg("option %zu has no name", id);
        if (option_named(name, strlen(name), 0) != id || option_named(name, strlen(name), 1) != id)
            fail_msg("%s is not found", name);
        if (options[id].commands == 0 || (options[id].commands & ~(unsigned)FOR_EVERY))
            fail_msg("%s is for no command", name);
        if ((options[id].kind == KIND_LATER) != (options[id].help == NULL))
            fail_msg("%s: what is not built has no help, and all else has", name);
        if (options[id].kind == KIND_LATER && !options[id].fallback)
            fail_msg("%s has no default, at which it would be accepted", name);
        if ((id >= OPTION_LATER) != (options[id].kind == KIND_LATER))
            fail_msg("%s stands at the wrong place", name);
        if (options[id].topic >= TOPIC_COUNT || options[id].topic == TOPIC_EXIT)
            fail_msg("%s is about nothing that has options", name);
        if ((options[id].kind == KIND_FLAG) != (options[id].metavar == NULL))
            fail_msg("%s: a flag takes no value, and all else does", name);
    }
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

/* settle.c takes the place of a word for the value. */
static void the_words_of_a_kind_stand_in_the_order_of_its_values(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum option_kind kind;
        int place;
    } table[] = {
        {"keep", KIND_CHANGE, ON_CHANGE_KEEP},
        {"stage", KIND_CHANGE, ON_CHANGE_STAGE},
        {"refuse", KIND_CHANGE, ON_CHANGE_REFUSE},
        {"replace", KIND_CHANGE, ON_CHANGE_REPLACE},
        {"auto", KIND_SCOPE, SCOPE_AUTO},
        {"child", KIND_SCOPE, SCOPE_CHILD},
        {"group", KIND_SCOPE, SCOPE_GROUP},
        {"text", KIND_FORMAT, LOG_TEXT},
        {"json", KIND_FORMAT, LOG_JSON},
        {"0600", KIND_MODE, 0},
        {"0660", KIND_MODE, 2},
        {"env,cfg", KIND_DELIVER, 2},
        {"fernet_key", KIND_MANAGE, 0},

        {"", KIND_CHANGE, -1},
        {"kee", KIND_CHANGE, -1},
        {"keep,", KIND_CHANGE, -1},
        {"keep, stage", KIND_CHANGE, -1},
        {"Keep", KIND_CHANGE, -1},
        {"cfg,", KIND_DELIVER, -1},
        {"key", KIND_MANAGE, -1},
        {"all", KIND_MANAGE, -1},
    };
    foreach(row, table) {
        int place = option_word(row->kind, row->word, strlen(row->word));
        if (place != row->place)
            fail_msg("%s: %d", row->word, place);
    }
    for (int i = 0; i < MANAGED_COUNT; i++) {
        const char *name = managed_secrets[i].name;
        assert_int_equal(option_word(KIND_MANAGE, name, strlen(name)), i);
    }
}

static void every_kind_with_words_has_its_default_among_them(void **state)
{
    (void)state;
    for (size_t id = 0; id < OPTION_COUNT; id++)
        if (option_words(options[id].kind) && options[id].kind != KIND_MANAGE &&
            option_word(options[id].kind, options[id].fallback, strlen(options[id].fallback)) < 0)
            fail_msg("%s: %s", options[id].name, options[id].fallback);
}

/* Which is why it is shown as that. */
static void the_default_of_manage_is_all_of_its_words(void **state)
{
    (void)state;
    const struct option *option = &options[OPTION_MANAGE];
    unsigned secrets = 0;
    struct error err = {0};
    assert_int_equal(value_manage(option->fallback, &secrets, &err), 0);
    assert_int_equal(secrets, (1 << MANAGED_COUNT) - 1);
    assert_string_equal(option_default(option), "all of these");
    assert_string_equal(option_default(&options[OPTION_STORE]), options[OPTION_STORE].fallback);
    assert_null(option_default(&options[OPTION_SECRET_FILE]));
}

static void a_wrong_word_is_told_with_the_right_ones(void **state)
{
    (void)state;
    static const struct {
        enum option_kind kind;
        const char *message;
    } table[] = {
        {KIND_FORMAT, "\"x\" is neither text nor json"},
        {KIND_SCOPE, "\"x\" is none of auto, child and group"},
        {KIND_CHANGE, "\"x\" is none of keep, stage, refuse and replace"},
        {KIND_MODE, "\"x\" is none of 0600, 0640 and 0660"},
    };
    foreach(row, table) {
        struct error err = {0};
        assert_int_equal(value_word(row->kind, "x", &err), -1);
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

static void the_nearest_is_what_was_probably_meant(void **state)
{
    (void)state;
    static const char *const names[] = {"run", "init", "status", "key", "version", "help", NULL};
    static const char *const one[] = {"only", NULL};
    static const struct {
        const char *const *names;
        const char *word;
        const char *nearest;
    } table[] = {
        {names, "run", "run"},     {names, "rnu", "run"},
        {names, "ru", "run"},      {names, "statsu", "status"},
        {names, "stat", "status"}, {names, "keys", "key"},
        {names, "inti", "init"},   {names, "versoin", "version"},
        {names, "--help", "help"}, {names, "helo", "help"},
        {one, "", "only"},         {one, "something else", "only"},
    };
    foreach(row, table) {
        const char *nearest = nearest_word(row->word, row->names);
        if (strcmp(nearest, row->nearest) != 0)
            fail_msg("%s: %s", row->word, nearest);
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
        {"ephemeral", "allow-ephemeral"},
        {"verbos", "verbose"},
        {"quite", "quiet"},
        {"cofig", "config"},
        {"on-chnage", "on-change"},
        {"on_change", "on-change"},
        {"mange", "manage"},
        {"stict", "strict"},
        {"single-writer", "assume-single-writer"},
        {"log-fromat", "log-format"},
        {"lock-time", "lock-timeout"},
        {"run-command", "run-commands"},
        {"jsn", "json"},
    };
    foreach(row, table)
        if (strcmp(nearest_option(row->word), row->nearest) != 0)
            fail_msg("%s: %s", row->word, nearest_option(row->word));
}

static void a_word_of_any_length_has_a_nearest_one(void **state)
{
    (void)state;
    char word[5000];
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_non_null(nearest_option(word));
    assert_non_null(nearest_option(""));
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
        assert_int_equal(variable_setting(assignment),
                         option_is_flag_alone(id) ? OPTION_COUNT : id);
        assert_int_equal(variable_is_unknown(assignment), option_is_flag_alone(id));
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
        cmocka_unit_test(the_words_of_a_kind_stand_in_the_order_of_its_values),
        cmocka_unit_test(every_kind_with_words_has_its_default_among_them),
        cmocka_unit_test(the_default_of_manage_is_all_of_its_words),
        cmocka_unit_test(a_wrong_word_is_told_with_the_right_ones),
        cmocka_unit_test(a_command_is_found_by_one_word_or_two),
        cmocka_unit_test(commands_are_listed_by_first_words_and_by_second_ones),
        cmocka_unit_test(the_nearest_is_what_was_probably_meant),
        cmocka_unit_test(the_nearest_option_is_found_in_the_table),
        cmocka_unit_test(a_word_of_any_length_has_a_nearest_one),
        cmocka_unit_test(variables_are_named_after_options),
        cmocka_unit_test(long_names_are_cut),
        cmocka_unit_test(settings_unknown_ones_and_others_are_told_apart),
        cmocka_unit_test(what_is_no_assignment_sets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
