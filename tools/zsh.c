/* The tables of the completion for zsh: lists for _describe and _arguments. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "tools/pages.h"

/* Within single quotes; `special` are escaped by a backslash. */
static void print_quoted(const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\'')
            printf("'\\''");
        else if (strchr(special, *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

/* WORD:SUMMARY, of the first words or of those behind `argument`. */
static bool print_commands(const char *argument)
{
    const char *words[COMMAND_COUNT + 1];
    command_words(*argument ? argument : NULL, words);
    for (size_t i = 0; words[i]; i++) {
        const char *first = *argument ? argument : words[i];
        enum command_id id = command_named(first, *argument ? words[i] : NULL);
        printf("  '%s:", words[i]);
        print_quoted(id < COMMAND_COUNT ? commands[id].summary
                                        : "make keys, look at them, change them",
                     ":");
        printf("'\n");
    }
    return *words;
}

static void print_value(unsigned id)
{
    const struct option *option = &options[id];
    char word[64];
    switch (option_sort(id)) {
    case VALUE_NONE:
        return;
    case VALUE_FOLDER:
        printf(":folder:_files -/");
        return;
    case VALUE_FILE:
        printf(":file:_files");
        return;
    case VALUE_USER:
        printf(":user:_fernit_user");
        return;
    case VALUE_SIGNAL:
        printf(":signal:(none %s)", signal_words());
        return;
    case VALUE_REWRITE:
        printf(":signals:_fernit_rewrite");
        return;
    case VALUE_WORD:
    case VALUE_LIST:
        printf(":%s:%s", option->metavar,
               option_sort(id) == VALUE_LIST ? "_values -s , secret" : "(");
        for (const char *list = option_words(option->kind), *start = list; *list;) {
            bool apart = list != start || option_sort(id) == VALUE_LIST;
            printf("%s%s", apart ? " " : "", next_word(&list, word));
        }
        printf("%s", option_sort(id) == VALUE_LIST ? "" : ")");
        return;
    default:
        printf(":%s: ", option->metavar);
    }
}

/* The specifications of a command's options: "run", "key print". */
static bool print_options(const char *argument)
{
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        const struct command *command = &commands[id];
        printf("  '%s%s%s')\n    specs=(\n", command->name, command->second ? " " : "",
               command->second ? command->second : "");
        for (unsigned option = 0; option < OPTION_COUNT; option++) {
            if (!option_is_there(option) || !(options[option].commands & command->options))
                continue;
            printf("      '%s--%s%s[", options[option].kind == KIND_LIST ? "*" : "",
                   options[option].name, options[option].kind == KIND_FLAG ? "" : "=");
            print_quoted(options[option].help, "[]:");
            putchar(']');
            print_value(option);
            printf("'\n");
        }
        const char *arguments = command->arguments ? command->arguments : "";
        if (strstr(arguments, "COMMAND [ARG"))
            printf("      '(-):command:_command_names -e' '*::argument:_normal'\n");
        else if (strstr(arguments, "FILE"))
            printf("      ':file:_files'\n");
        else if (strstr(arguments, "DIR"))
            printf("      ':folder:_files -/'\n");
        printf("    ) ;;\n");
    }
    return !*argument;
}

static bool print_signals(const char *argument)
{
    printf("    %s\n", signal_words());
    return !*argument;
}

static bool print_pages(const char *argument)
{
    printf("    ");
    print_help_words(" ");
    putchar('\n');
    return !*argument;
}

const struct place zsh_places[] = {
    {"commands", print_commands},
    {"options", print_options},
    {"signals", print_signals},
    {"pages", print_pages},
    {NULL, NULL},
};
