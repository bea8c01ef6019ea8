/* The tables of the completion for fish. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "tools/pages.h"

static void print_quoted(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('\'');
}

static void print_name(const struct command *command)
{
    printf("'%s%s%s'", command->name, command->second ? " " : "",
           command->second ? command->second : "");
}

static bool print_commands(const char *argument)
{
    const char *words[COMMAND_COUNT + 1];
    command_words(*argument ? argument : NULL, words);
    for (size_t i = 0; words[i]; i++) {
        const char *first = *argument ? argument : words[i];
        enum command_id id = command_named(first, *argument ? words[i] : NULL);
        printf("complete -c fernit -n '__fernit_at_command %s' -a %s -d ", argument, words[i]);
        print_quoted(id < COMMAND_COUNT ? commands[id].summary
                                        : "make keys, look at them, change them");
        putchar('\n');
    }
    return *words;
}

/* For argparse: the options of a command. */
static bool print_specs(const char *argument)
{
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        printf("        case ");
        print_name(&commands[id]);
        printf("\n            printf '%%s\\n' h/help");
        for (unsigned option = 0; option < OPTION_COUNT; option++)
            if (option_is_there(option) && (options[option].commands & commands[id].options))
                printf(" %s%s", options[option].name,
                       options[option].kind == KIND_FLAG ? "" : "=+");
        putchar('\n');
    }
    return !*argument;
}

static void print_value(unsigned id)
{
    char word[64];
    switch (option_sort(id)) {
    case VALUE_NONE:
        return;
    case VALUE_FOLDER:
        printf(" -x -a '(__fish_complete_directories)'");
        return;
    case VALUE_FILE:
        printf(" -r -F");
        return;
    case VALUE_USER:
        printf(" -x -a '(__fish_complete_users)'");
        return;
    case VALUE_SIGNAL:
        printf(" -x -a 'none %s'", signal_words());
        return;
    case VALUE_REWRITE:
        printf(" -x -a '(__fernit_rewrite)'");
        return;
    case VALUE_WORD:
    case VALUE_LIST:
        printf(option_sort(id) == VALUE_LIST ? " -x -a '(__fish_append ," : " -x -a '");
        for (const char *list = option_words(options[id].kind), *start = list; *list;) {
            bool apart = list != start || option_sort(id) == VALUE_LIST;
            printf("%s%s", apart ? " " : "", next_word(&list, word));
        }
        printf(option_sort(id) == VALUE_LIST ? ")'" : "'");
        return;
    default:
        printf(" -x");
    }
}

static bool print_options(const char *argument)
{
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        if (!option_is_there(id))
            continue;
        printf("complete -c fernit -n '__fernit_takes %s' -l %s", options[id].name,
               options[id].name);
        print_value(id);
        printf(" -d ");
        print_quoted(options[id].help);
        putchar('\n');
    }
    return !*argument;
}

/* Commands whose words are files or folders. */
static bool print_words(const char *argument)
{
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        const char *arguments = commands[id].arguments ? commands[id].arguments : "";
        bool file = strstr(arguments, "FILE");
        if (!file && !strstr(arguments, "DIR"))
            continue;
        printf("complete -c fernit -n 'test \"$(__fernit_command)\" = \"%s%s%s\"' %s\n",
               commands[id].name, commands[id].second ? " " : "",
               commands[id].second ? commands[id].second : "",
               file ? "-F" : "-a '(__fish_complete_directories)'");
    }
    return !*argument;
}

static bool print_signals(const char *argument)
{
    printf("    set -l signals %s\n", signal_words());
    return !*argument;
}

static bool print_pages(const char *argument)
{
    printf("complete -c fernit -n 'test \"$(__fernit_command)\" = help' -a '");
    print_help_words(" ");
    printf("'\n");
    return !*argument;
}

const struct place fish_places[] = {
    {"commands", print_commands},
    {"specs", print_specs},
    {"options", print_options},
    {"words", print_words},
    {"signals", print_signals},
    {"pages", print_pages},
    {NULL, NULL},
};
