/* The tables of the completion for bash: the arms of its case statements. */
#include <stdio.h>
#include <string.h>

#include "cli/catalogue.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "tools/pages.h"

static bool print_commands(const char *argument)
{
    const char *words[COMMAND_COUNT + 1];
    command_words(*argument ? argument : NULL, words);
    printf("    printf '%%s\\n'");
    for (size_t i = 0; words[i]; i++)
        printf(" %s", words[i]);
    putchar('\n');
    return *words;
}

/* A command's options. */
static bool print_options(const char *argument)
{
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        const struct command *command = &commands[id];
        printf("    '%s%s%s')\n        printf '%%s\\n' --help", command->name,
               command->second ? " " : "", command->second ? command->second : "");
        for (unsigned option = 0; option < OPTION_COUNT; option++)
            if (options[option].commands & command->options)
                printf(" --%s", options[option].name);
        printf("\n        ;;\n");
    }
    return !*argument;
}

/* What a command's words are. */
static bool print_words(const char *argument)
{
    static const char *const sorts[][2] = {
        {"COMMAND [ARG", "command"}, {"FILE", "file"}, {"DIR", "folder"}, {"TOPIC", "topic"}};
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        const struct command *command = &commands[id];
        for (size_t i = 0; command->arguments && i < sizeof sorts / sizeof *sorts; i++)
            if (strstr(command->arguments, sorts[i][0]))
                printf("    '%s%s%s') echo %s ;;\n", command->name, command->second ? " " : "",
                       command->second ? command->second : "", sorts[i][1]);
    }
    return !*argument;
}

/* What an option's value is: nothing for a flag. */
static bool print_values(const char *argument)
{
    static const char *const sorts[] = {
        [VALUE_NONE] = "none", [VALUE_ANY] = "any",       [VALUE_FOLDER] = "folder",
        [VALUE_FILE] = "file", [VALUE_USER] = "user",     [VALUE_WORD] = "word",
        [VALUE_LIST] = "list", [VALUE_SIGNAL] = "signal", [VALUE_REWRITE] = "rewrite",
    };
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        enum value_sort sort = option_sort(id);
        if (sort == VALUE_NONE)
            continue;
        printf("    --%s) echo %s", options[id].name, sorts[sort]);
        char word[64];
        for (const char *list = options[id].words; list && *list;)
            printf(" %s", next_word(&list, word));
        printf(" ;;\n");
    }
    return !*argument;
}

static bool print_signals(const char *argument)
{
    printf("    printf '%%s\\n' %s\n", signal_words());
    return !*argument;
}

static bool print_pages(const char *argument)
{
    printf("    printf '%%s\\n' ");
    print_help_words(" ");
    for (size_t i = 0; i < catalogue_count; i++)
        printf(" %s", catalogue[i].id);
    putchar('\n');
    return !*argument;
}

const struct place bash_places[] = {
    {"commands", print_commands},
    {"options", print_options},
    {"words", print_words},
    {"values", print_values},
    {"signals", print_signals},
    {"pages", print_pages},
    {NULL, NULL},
};
