#include "entry/entry.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "entry/become.h"
#include "entry/help.h"
#include "entry/install.h"
#include "entry/key_change.h"
#include "entry/key_commands.h"
#include "entry/report.h"
#include "entry/run.h"
#include "entry/settings.h"
#include "entry/status.h"
#include "process/anew.h"

/* Whether a command looks for the key, as the user of --user. */
enum looks {
    LOOKS_NEVER,
    LOOKS_WITHOUT_FILE, /* not where a word names what to read instead */
    LOOKS,
    LOOKS_AND_KEEPS, /* and may put one into the store */
};

struct command {
    const char *name;
    const char *second; /* "generate" of "key generate" */
    unsigned options;   /* whose options it takes */
    int usage_status;
    enum looks looks;
    int (*run)(const struct context *context);
};

static const struct command commands[] = {
    {"run", NULL, FOR_RUN, EXIT_OWN_FAILURE, LOOKS_AND_KEEPS, run_command},
    {"init", NULL, FOR_INIT, EXIT_OWN_FAILURE, LOOKS_AND_KEEPS, run_init},
    {"status", NULL, FOR_STATUS, EXIT_USAGE, LOOKS, status_command},
    {"key", "generate", FOR_KEY, EXIT_USAGE, LOOKS_NEVER, key_generate_command},
    {"key", "print", FOR_KEY, EXIT_USAGE, LOOKS, key_print_command},
    {"key", "check", FOR_KEY, EXIT_USAGE, LOOKS_WITHOUT_FILE, key_check_command},
    {"key", "fingerprint", FOR_KEY, EXIT_USAGE, LOOKS_WITHOUT_FILE, key_fingerprint_command},
    {"key", "promote", FOR_CHANGE, EXIT_USAGE, LOOKS, key_promote_command},
    {"key", "retire", FOR_CHANGE, EXIT_USAGE, LOOKS, key_retire_command},
    {"key", "unretire", FOR_CHANGE, EXIT_USAGE, LOOKS, key_unretire_command},
    {"key", "destroy", FOR_CHANGE, EXIT_USAGE, LOOKS, key_destroy_command},
    {"install", NULL, FOR_INSTALL, EXIT_USAGE, LOOKS_NEVER, install_command},
};

static const char *const first_words[] = {"run",     "init",    "status", "key",
                                          "install", "version", "help",   NULL};
static const char *const key_words[] = {"generate", "print",    "check",   "fingerprint", "promote",
                                        "retire",   "unretire", "destroy", NULL};

static int usage(const struct error *err)
{
    log_error("%s%s", err->message, error_remedy(err));
    return EXIT_USAGE;
}

static const struct command *find(const char *first, const char *second)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, first) == 0 &&
            (!commands[i].second || (second && strcmp(commands[i].second, second) == 0)))
            return &commands[i];
    return NULL;
}

static int unknown(char **argv)
{
    struct error err = {0};
    if (strcmp(argv[1], "key") != 0)
        error_usage(&err,
                    "%s is no command; did you mean \"fernit %s\"? \"fernit help\" lists them",
                    argv[1], nearest_word(argv[1], first_words));
    else if (argv[2])
        error_usage(&err, "key %s is no command; did you mean \"fernit key %s\"?", argv[2],
                    nearest_word(argv[2], key_words));
    else
        error_usage(&err, "key needs one of generate, print, check, fingerprint, promote, retire, "
                          "unretire, destroy");
    return usage(&err);
}

static bool looks(const struct command *command, const struct settings *settings)
{
    if (command->looks == LOOKS_WITHOUT_FILE)
        return !*settings->words;
    return command->looks != LOOKS_NEVER;
}

/* A run without a command and an init with one end before they keep anything. */
static bool keeps(const struct command *command, const struct settings *settings)
{
    bool has_command = *settings->words != NULL;
    return command->looks == LOOKS_AND_KEEPS && has_command == (command->options == FOR_RUN);
}

static int failure_status(const struct command *command, const struct error *err)
{
    bool one_for_all = command->usage_status == EXIT_OWN_FAILURE;
    return one_for_all || err->kind == ERROR_USAGE ? command->usage_status : EXIT_PROBLEM;
}

static int dispatch(const struct command *command, char **argv, char *const *environment,
                    const struct signals *signals)
{
    struct error err = {0};
    pid_t parent = getppid();
    char **arguments = argv + (command->second ? 3 : 2);
    _cleanup_settings_ struct settings settings = {0};
    if (settings_read(&settings, command->options, arguments, environment, &err) < 0)
        return report_failure(signals, &err, command->usage_status);
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
    if (looks(command, &settings) &&
        become_user(&context, keeps(command, &settings), &becoming, &err) < 0)
        return report_failure(signals, &err, failure_status(command, &err));
    return command->run(&context);
}

static int is_word(const char *word, const char *name, const char *option)
{
    return strcmp(word, name) == 0 || strcmp(word, option) == 0;
}

static int asks_help(const char *word)
{
    return word && is_word(word, "--help", "-h");
}

int entry(char **argv, char *const *environment, const struct signals *signals)
{
    struct error err = {0};
    settings_log_early(environment);
    if (!argv[0] || !argv[1]) {
        error_usage(&err, "what is to be done? \"fernit run -- COMMAND\", or see \"fernit help\"");
        return usage(&err);
    }
    const char *first = argv[1];
    const char *second = argv[2];
    if (is_word(first, "help", "--help") || strcmp(first, "-h") == 0)
        return help_print(asks_help(second) ? NULL : second);
    if (asks_help(second) && is_word(first, "key", "version"))
        return help_print(first);
    if (is_word(first, "version", "--version")) {
        printf("fernit %s\n", FERNIT_VERSION);
        return EXIT_GOOD;
    }

    const struct command *command = find(first, second);
    if (!command)
        return unknown(argv);
    return dispatch(command, argv, environment, signals);
}
