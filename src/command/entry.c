#include "command/entry.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/failure.h"
#include "cli/help.h"
#include "cli/settings_read.h"
#include "cli/unknown.h"
#include "command/install.h"
#include "command/key_change.h"
#include "command/key_print.h"
#include "command/status.h"
#include "process/anew.h"
#include "run/become.h"
#include "run/report.h"
#include "run/run.h"

/* How a command uses the sources of the key. It reads them as the user of --user. */
enum source_use {
    SOURCES_UNUSED,
    SOURCES_UNLESS_FILE, /* it reads FILE instead, if there is one */
    SOURCES_READ,
    SOURCES_READ_AND_KEPT, /* and it may store the key */
};

/* What each command of commands[] does. */
struct command_action {
    bool is_start; /* each failure ends with 125 */
    enum source_use use;
    int (*run)(const struct context *context);
};

static const struct command_action actions[COMMAND_COUNT] = {
    [COMMAND_RUN] = {true, SOURCES_READ_AND_KEPT, run_command},
    [COMMAND_INIT] = {true, SOURCES_READ_AND_KEPT, run_init},
    [COMMAND_STATUS] = {false, SOURCES_READ, status_command},
    [COMMAND_KEY_GENERATE] = {false, SOURCES_UNUSED, key_generate_command},
    [COMMAND_KEY_PRINT] = {false, SOURCES_READ, key_print_command},
    [COMMAND_KEY_CHECK] = {false, SOURCES_UNLESS_FILE, key_check_command},
    [COMMAND_KEY_FINGERPRINT] = {false, SOURCES_UNLESS_FILE, key_fingerprint_command},
    [COMMAND_KEY_PROMOTE] = {false, SOURCES_READ, key_promote_command},
    [COMMAND_KEY_RETIRE] = {false, SOURCES_READ, key_retire_command},
    [COMMAND_KEY_UNRETIRE] = {false, SOURCES_READ, key_unretire_command},
    [COMMAND_KEY_DESTROY] = {false, SOURCES_READ, key_destroy_command},
    [COMMAND_INSTALL] = {false, SOURCES_UNUSED, install_command},
};

static int usage(const struct error *err)
{
    return report_unstarted(err, EXIT_USAGE);
}

static bool reads_sources(const struct command_action *action, const struct settings *settings)
{
    if (action->use == SOURCES_UNLESS_FILE)
        return !*settings->words;
    return action->use != SOURCES_UNUSED;
}

/* Without a command a run ends with an error before it stores a key, and so does an init with one. */
static bool stores_key(enum command_id id, const struct settings *settings)
{
    bool has_command = *settings->words != NULL;
    return actions[id].use == SOURCES_READ_AND_KEPT && has_command == (id == COMMAND_RUN);
}

/* Wrong settings are wrong usage. A failure such as a lack of memory is not. */
static int settings_status(const struct command_action *action, const struct error *err)
{
    bool is_usage = !action->is_start && failure_status(err) != EXIT_OWN_FAILURE;
    return is_usage ? EXIT_USAGE : EXIT_OWN_FAILURE;
}

static int status_of(const struct command_action *action, const struct error *err)
{
    return action->is_start ? EXIT_OWN_FAILURE : failure_status(err);
}

static int dispatch(enum command_id id, char **argv, char *const *environment,
                    const struct signals *signals)
{
    struct error err = {0};
    const struct command *command = &commands[id];
    const struct command_action *action = &actions[id];
    pid_t parent = getppid();
    char **arguments = argv + (command->second ? 3 : 2);
    _cleanup_settings_ struct settings settings = {0};
    if (settings_read(&settings, command->options, arguments, environment, &err) < 0)
        return report_failure(signals, &err, settings_status(action, &err));
    if (settings.help)
        return help_print(command->name);
    _cleanup_close_ int program = settings.init ? anew_open() : -1;
    _cleanup_becoming_ struct becoming becoming = {0};
    struct context context = {.settings = &settings,
                              .environment = environment,
                              .signals = signals,
                              .argv = argv,
                              .program = program,
                              .parent = parent};
    if (id != COMMAND_STATUS) /* it shows them with all others */
        report_variables(&context);
    if (reads_sources(action, &settings) &&
        become_user(&context, stores_key(id, &settings), &becoming, &err) < 0)
        return report_failure(signals, &err, status_of(action, &err));
    return action->run(&context);
}

static bool is_word(const char *word, const char *name, const char *option, const char *letter)
{
    return strcmp(word, name) == 0 || strcmp(word, option) == 0 || strcmp(word, letter) == 0;
}

static bool asks_for_help(const char *word)
{
    return word && is_word(word, "--help", "-h", "-h");
}

/* With --log-format json each line is an object, so the usage is left out. */
static int no_command(void)
{
    struct error err = {0};
    if (log_format() == LOG_TEXT)
        help_usage(stderr);
    error_usage(&err, "no command given");
    error_hint(&err, "fernit run -- COMMAND, or fernit help");
    return usage(&err);
}

int entry(char **argv, char *const *environment, const struct signals *signals)
{
    struct error err = {0};
    settings_log_early(environment);
    if (!argv[0] || !argv[1])
        return no_command();
    const char *first = argv[1];
    const char *second = argv[2];
    if (is_word(first, "help", "--help", "-h"))
        return help_print(asks_for_help(second) ? NULL : second);
    if (asks_for_help(second) && (strcmp(first, "key") == 0 || strcmp(first, "version") == 0))
        return help_print(first);
    if (is_word(first, "version", "--version", "-V")) {
        printf("fernit %s\n", FERNIT_VERSION);
        return EXIT_GOOD;
    }

    enum command_id id = command_named(first, second);
    if (id == COMMAND_COUNT) {
        unknown_command(argv + 1, &err);
        return usage(&err);
    }
    return dispatch(id, argv, environment, signals);
}
