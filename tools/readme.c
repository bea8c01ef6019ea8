/* The tables of doc/options.md and doc/messages.md. */
#include <stdio.h>
#include <string.h>

#include "cli/catalogue.h"
#include "tools/pages.h"
#include "tools/texts.h"

static void print_row(unsigned id)
{
    const struct option *option = &options[id];
    const char *fallback = option_default(option);
    printf("| `--%s%s%s` | ", option->name, option->metavar ? " " : "",
           option->metavar ? option->metavar : "");
    if (fallback && (option->kind == KIND_FLAG || fallback != option->fallback))
        printf("%s", fallback);
    else if (fallback)
        printf("`%s`", fallback);
    printf(" | %s", option_text(id));
    const char *list = option->words;
    const char *mark = " (";
    char word[64];
    for (; list && *list; mark = ", ")
        printf("%s`%s`", mark, next_word(&list, word));
    printf("%s |\n", list ? ")" : "");
}

static bool print_options(const char *argument)
{
    printf("| option | default | |\n|---|---|---|\n");
    for (unsigned topic = 0; topic < TOPIC_COUNT; topic++) {
        if (topic_is_there(topic))
            printf("| **%s** | | *%s* |\n", topics[topic].name, topics[topic].title);
        for (unsigned id = 0; id < OPTION_COUNT; id++)
            if (options[id].topic == topic)
                print_row(id);
    }
    return !*argument;
}

static bool print_commands(const char *argument)
{
    printf("```text\n");
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        const struct command *command = &commands[id];
        char usage[128];
        snprintf(usage, sizeof usage, "fernit %s%s%s%s%s", command->name,
                 command->second ? " " : "", command->second ? command->second : "",
                 command->arguments ? " " : "", command->arguments ? command->arguments : "");
        printf("%-44s %s\n", usage, command->summary);
    }
    printf("```\n");
    return !*argument;
}

static bool print_messages(enum catalogue_level level)
{
    for (size_t i = 0; i < catalogue_count; i++) {
        const struct catalogue_row *row = &catalogue[i];
        const struct message_text *text = message_text(row->id);
        if (!(row->levels & level))
            continue;
        if (!text)
            return false;
        bool is_error = level == CATALOGUE_ERROR;
        printf("| `%s`%s ", row->id, row->security && !is_error ? " **security**" : "");
        if (is_error)
            printf("| %s ", text->looks ? text->looks : "");
        printf("| %s | %s |\n", text->meaning, text->cure);
    }
    return true;
}

static bool print_errors(const char *argument)
{
    printf("| id | looks like | meaning | cure |\n|---|---|---|---|\n");
    return print_messages(CATALOGUE_ERROR) && !*argument;
}

static bool print_warnings(const char *argument)
{
    printf("| id | meaning | cure |\n|---|---|---|\n");
    return print_messages(CATALOGUE_WARNING) && !*argument;
}

const struct place readme_places[] = {
    {"options", print_options},
    {"commands", print_commands},
    {"errors", print_errors},
    {"warnings", print_warnings},
    {NULL, NULL},
};
