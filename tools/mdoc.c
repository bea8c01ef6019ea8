/* The manual pages: mdoc(7). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/catalogue.h"
#include "cli/variables.h"
#include "tools/pages.h"
#include "tools/texts.h"

/* A word of a text or of an argument. A dot or an apostrophe would begin a request; a "-" would become a hyphen. */
static void print_escaped(const char *text, size_t length)
{
    if (length > 0 && (*text == '.' || *text == '\''))
        printf("\\&");
    for (; length > 0; text++, length--) {
        if (*text == '\\')
            printf("\\e");
        else
            putchar(*text);
    }
}

/* `code`: a line of its own, with the macro for what it is, and the punctuation around it. */
static void print_code(const char *code, size_t length, bool in_brackets)
{
    bool is_option = strncmp(code, "--", 2) == 0;
    bool is_file = *code == '/' || (length > 4 && strncmp(code + length - 4, ".cfg", 4) == 0);
    bool is_variable = length > 7 && strncmp(code, "FERNIT_", 7) == 0;
    printf("%s %s",
           is_option     ? "Fl"
           : is_file     ? "Pa"
           : is_variable ? "Ev"
                         : "Ql",
           in_brackets ? "( " : "");
    if (is_option) {
        code++;
        length--;
        size_t word = strcspn(code, " `");
        print_escaped(code, word);
        if (word == length)
            return;
        printf(isupper((unsigned char)code[word + 1]) ? " Ar " : " Cm ");
        code += word + 1;
        length -= word + 1;
    }
    print_escaped(code, length);
}

static bool is_link(const char *text)
{
    const char *end = *text == '[' ? strchr(text, ']') : NULL;
    return end && end[1] == '(';
}

/* Text in Markdown, as texts.h has it. */
static void print_text(const char *text)
{
    bool at_start = true;
    bool in_brackets = false;
    for (; *text; text++) {
        if (*text == '(' && text[1] == '`') {
            in_brackets = true;
        } else if (*text == '`') {
            const char *end = strchr(text + 1, '`');
            printf("%s.", at_start ? "" : "\n");
            print_code(text + 1, (size_t)(end - text - 1), in_brackets);
            in_brackets = false;
            for (text = end + 1; *text && strchr(",.;:)", *text); text++)
                printf(" %c", *text);
            putchar('\n');
            at_start = true;
            if (*text != ' ')
                text--;
        } else if (*text == ']' && text[1] == '(') {
            text = strchr(text, ')');
        } else if (is_link(text) || (*text == ' ' && text[1 + (text[1] == '(')] == '`')) {
            /* The words of a link go on as text; the line ends before code. */
            continue;
        } else {
            /* A sentence ends a line. */
            bool ends = *text == ' ' && text[-1] == '.' && isupper((unsigned char)text[1]);
            putchar(ends ? '\n' : *text);
            at_start = ends;
        }
    }
    if (!at_start)
        putchar('\n');
}

static void print_words(unsigned id)
{
    const char *list = options[id].words;
    char word[64];
    printf("%s of\n", option_sort(id) == VALUE_LIST ? "Any" : "One");
    while (*list) {
        next_word(&list, word);
        printf(".Cm %s%s\n", word, *list ? " ," : " .");
    }
}

static void print_default(const struct option *option)
{
    if (option->kind == KIND_FLAG || !option_default(option))
        return;
    if (option_default(option) != option->fallback) {
        printf("The default is %s.\n", option_default(option));
        return;
    }
    printf("The default is\n.%s %s .\n", *option->fallback == '/' ? "Pa" : "Ql", option->fallback);
}

static void print_help(unsigned id)
{
    char text[512];
    snprintf(text, sizeof text, "%s.", option_text(id));
    size_t first = strspn(text, "[");
    text[first] = (char)toupper((unsigned char)text[first]);
    print_text(text);
}

/* The options of a topic. */
static bool print_options(const char *argument)
{
    bool found = false;
    printf(".Bl -tag -width Ds\n");
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = &options[id];
        if (strcmp(topics[option->topic].name, argument) != 0)
            continue;
        found = true;
        printf(".It Fl -%s%s%s\n", option->name, option->metavar ? " Ar " : "",
               option->metavar ? option->metavar : "");
        print_help(id);
        if (option->words)
            print_words(id);
        print_default(option);
    }
    printf(".El\n");
    return found;
}

/* Each as a line of fernit.ini. */
static bool print_settings(const char *argument)
{
    printf(".Bl -tag -width Ds\n");
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = &options[id];
        char key[64];
        if (!option_may_come_from(id, ORIGIN_INI))
            continue;
        snprintf(key, sizeof key, "%s", option->name);
        for (char *dash = key; (dash = strchr(dash, '-'));)
            *dash = '_';
        printf(".It Cm %s No = %s%s\n", key, option->kind == KIND_FLAG ? "Cm yes | no" : "Ar ",
               option->kind == KIND_FLAG ? "" : option->metavar);
        print_help(id);
        if (option->words)
            print_words(id);
        if (option->kind == KIND_FLAG)
            printf("The default is\n.Cm %s .\n", option->fallback);
        print_default(option);
    }
    printf(".El\n");
    return !*argument;
}

static bool print_variables(const char *argument)
{
    printf(".Bl -tag -width Ds -compact\n");
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        char name[VARIABLE_NAME];
        variable_name(options[id].name, name);
        if (option_may_come_from(id, ORIGIN_ENVIRONMENT))
            printf(".It Ev %s\n.Fl -%s\n", name, options[id].name);
    }
    printf(".El\n");
    return !*argument;
}

/* One of "[OPTIONS] [--] COMMAND [ARG...] [FILE|-]". */
static void print_argument(const char *text)
{
    bool optional = *text == '[';
    printf("%s", optional ? "Oo " : "");
    for (text += optional; *text && *text != ']';) {
        size_t length = strcspn(text, "|.]");
        if (*text == '-')
            printf("Fl%s", length > 1 ? " -" : "");
        else
            printf("Ar %.*s", (int)length, text);
        text += length;
        if (*text == '|')
            printf(" | ");
        else if (*text == '.')
            printf(" ...");
        text += *text == '|' ? 1 : strspn(text, ".");
    }
    printf("%s", optional ? " Oc" : "");
}

static void print_arguments(const struct command *command, const char *before)
{
    char all[64];
    snprintf(all, sizeof all, "%s", command->arguments ? command->arguments : "");
    for (char *word = strtok(all, " "); word; word = strtok(NULL, " ")) {
        printf("%s", before);
        print_argument(word);
    }
    putchar('\n');
}

static bool print_synopsis(const char *argument)
{
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        const struct command *command = &commands[id];
        printf(".Nm\n.Cm %s%s%s", command->name, command->second ? " " : "",
               command->second ? command->second : "");
        print_arguments(command, "\n.");
    }
    return !*argument;
}

static bool print_commands(const char *argument)
{
    printf(".Bl -tag -width Ds\n");
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        const struct command *command = &commands[id];
        printf(".It Cm %s%s%s", command->name, command->second ? " " : "",
               command->second ? command->second : "");
        print_arguments(command, " ");
        if (!command_texts[id])
            return false;
        print_text(command_texts[id]);
    }
    printf(".El\n");
    return !*argument;
}

/* The catalogue's rows of a level. */
static bool print_messages(enum catalogue_level level)
{
    printf(".Bl -tag -width Ds\n");
    for (size_t i = 0; i < catalogue_count; i++) {
        const struct catalogue_row *row = &catalogue[i];
        const struct message_text *text = message_text(row->id);
        if (!(row->levels & level))
            continue;
        if (!text)
            return false;
        printf(".It Cm %s%s\n", row->id,
               row->security && level == CATALOGUE_WARNING ? " Pq security" : "");
        if (text->looks && level == CATALOGUE_ERROR) {
            print_text(text->looks);
            printf(".Pp\n");
        }
        print_text(text->meaning);
        printf(".Pp\n");
        print_text(text->cure);
    }
    printf(".El\n");
    return true;
}

static bool print_errors(const char *argument)
{
    return print_messages(CATALOGUE_ERROR) && !*argument;
}

static bool print_warnings(const char *argument)
{
    return print_messages(CATALOGUE_WARNING) && !*argument;
}

static bool print_version(const char *argument)
{
    printf(".Os fernit %s\n", FERNIT_VERSION);
    return !*argument;
}

const struct place mdoc_places[] = {
    {"version", print_version}, {"synopsis", print_synopsis}, {"commands", print_commands},
    {"options", print_options}, {"settings", print_settings}, {"variables", print_variables},
    {"errors", print_errors},   {"warnings", print_warnings}, {NULL, NULL},
};
