#include "entry/options.h"

#include <stdio.h>

#include "entry/variables.h"
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

static void the_nearest_is_what_was_probably_meant(void **state)
{
    (void)state;
    static const char *const commands[] = {"run", "init", "status", "key", "version", "help", NULL};
    static const char *const one[] = {"only", NULL};
    static const struct {
        const char *const *names;
        const char *word;
        const char *nearest;
    } table[] = {
        {commands, "run", "run"},
        {commands, "rnu", "run"},
        {commands, "ru", "run"},
        {commands, "statsu", "status"},
        {commands, "stat", "status"},
        {commands, "keys", "key"},
        {commands, "inti", "init"},
        {commands, "versoin", "version"},
        {commands, "--help", "help"},
        {commands, "helo", "help"},
        {one, "", "only"},
        {one, "something else", "only"},
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
        assert_int_equal(variable_setting(assignment), id);
        assert_false(variable_is_unknown(assignment));
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
