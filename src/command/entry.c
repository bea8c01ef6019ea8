#include "command/entry.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "airflow/managed.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/failure.h"
#include "cli/help.h"
#include "cli/settings_read.h"
#include "cli/unknown.h"
#include "cli/variables.h"
#include "command/install.h"
#include "command/key_change.h"
#include "command/key_commands.h"
#include "command/status.h"
#include "process/anew.h"
#include "resolve/misnamed.h"
#include "run/become.h"
#include "run/run.h"

/* Whether a command looks for the key, as the user of --user. */
enum looks {
    LOOKS_NEVER,
    LOOKS_WITHOUT_FILE, /* not where a word names what to read instead */
    LOOKS,
    LOOKS_AND_KEEPS, /* and may put one into the store */
};

/* What a command of commands[] does. */
struct act {
    bool is_start; /* 125 is the status of whatever fails */
    enum looks looks;
    int (*run)(const struct context *context);
};

static const struct act acts[COMMAND_COUNT] = {
    [COMMAND_RUN] = {true, LOOKS_AND_KEEPS, run_command},
    [COMMAND_INIT] = {true, LOOKS_AND_KEEPS, run_init},
    [COMMAND_STATUS] = {false, LOOKS, status_command},
    [COMMAND_KEY_GENERATE] = {false, LOOKS_NEVER, key_generate_command},
    [COMMAND_KEY_PRINT] = {false, LOOKS, key_print_command},
    [COMMAND_KEY_CHECK] = {false, LOOKS_WITHOUT_FILE, key_check_command},
    [COMMAND_KEY_FINGERPRINT] = {false, LOOKS_WITHOUT_FILE, key_fingerprint_command},
    [COMMAND_KEY_PROMOTE] = {false, LOOKS, key_promote_command},
    [COMMAND_KEY_RETIRE] = {false, LOOKS, key_retire_command},
    [COMMAND_KEY_UNRETIRE] = {false, LOOKS, key_unretire_command},
    [COMMAND_KEY_DESTROY] = {false, LOOKS, key_destroy_command},
    [COMMAND_INSTALL] = {false, LOOKS_NEVER, install_command},
};

static int usage(const struct error *err)
{
    return report_unstarted(err, EXIT_USAGE);
}

static bool looks(const struct act *act, const struct settings *settings)
{
    if (act->looks == LOOKS_WITHOUT_FILE)
        return !*settings->words;
    return act->looks != LOOKS_NEVER;
}

/* A run without a command and an init with one end before they keep anything. */
static bool keeps(enum command_id id, const struct settings *settings)
{
    bool has_command = *settings->words != NULL;
    return acts[id].looks == LOOKS_AND_KEEPS && has_command == (id == COMMAND_RUN);
}

/* What is wrong with the settings is wrong usage, unless it is not about them. */
static int settings_status(const struct act *act, const struct error *err)
{
    bool is_usage = !act->is_start && failure_status(err) != EXIT_OWN_FAILURE;
    return is_usage ? EXIT_USAGE : EXIT_OWN_FAILURE;
}

static int status_of(const struct act *act, const struct error *err)
{
    return act->is_start ? EXIT_OWN_FAILURE : failure_status(err);
}

/* Another warning explains it. */
static bool is_misnamed_key(const char *assignment)
{
    char *alone[] = {(char *)assignment, NULL};
    return misnamed_secret(alone, MANAGED_FERNET_KEY);
}

static int dispatch(enum command_id id, char **argv, char *const *environment,
                    const struct signals *signals)
{
    struct error err = {0};
    const struct command *command = &commands[id];
    const struct act *act = &acts[id];
    pid_t parent = getppid();
    char **arguments = argv + (command->second ? 3 : 2);
    _cleanup_settings_ struct settings settings = {0};
    if (settings_read(&settings, command->options, arguments, environment, &err) < 0)
        return report_failure(signals, &err, settings_status(act, &err));
    if (settings.help)
        return help_print(command->name);
    warn_of_unknown_variables(environment, is_misnamed_key);
    _cleanup_close_ int program = settings.init ? anew_open() : -1;
    _cleanup_becoming_ struct becoming becoming = {0};
    struct context context = {.settings = &settings,
                              .environment = environment,
                              .signals = signals,
                              .argv = argv,
                              .program = program,
                              .parent = parent};
    if (looks(act, &settings) && become_user(&context, keeps(id, &settings), &becoming, &err) < 0)
        return report_failure(signals, &err, status_of(act, &err));
    return act->run(&context);
}

static bool is_word(const char *word, const char *name, const char *option, const char *letter)
{
    return strcmp(word, name) == 0 || strcmp(word, option) == 0 || strcmp(word, letter) == 0;
}

static bool asks_help(const char *word)
{
    return word && is_word(word, "--help", "-h", "-h");
}

/* Programs that read the log expect no help in it. */
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
        return help_print(asks_help(second) ? NULL : second);
    if (asks_help(second) && (strcmp(first, "key") == 0 || strcmp(first, "version") == 0))
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
